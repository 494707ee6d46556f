"""URLs: their parts as Postman keeps them, or a text → what we call `url`, `query` and the variables of its path.

Postman sends a query entry nearly as it is written (`+` and `%20` stay), ours encodes values. Entries of which that
would change the meaning, and those without a value, stay in the URL as they are written.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from runner.formats.draft import Data, Disabled
from runner.formats.postman.reading import Entry, Json, entries, listed, mapping, plain
from runner.formats.postman.variables import PLACEHOLDER, Variables


class Url(NamedTuple):
    """A URL in pieces: `origin` up to its path, `rest` from there, without the entries of `query`.

    `variables` are those of its path, `user` is the user name and password that stood before its host.
    """

    origin: str
    rest: str
    query: Data
    variables: Data
    user: tuple[str, str] | None = None


class _Parts(NamedTuple):
    protocol: str
    user: tuple[str, str] | None
    host: str
    path: list[str] | None
    query: list[Entry]
    values: dict[str, Entry]


def translate(url: Json, variables: Variables, path: str, taken: Iterable[str]) -> Url:
    """The pieces of a request's URL. `taken` are foreign names that mean something else outside of its path."""
    parts = _parts(url)
    origin = variables.text(f"{parts.protocol}{parts.host}", path)
    if parts.host and variables.lacks_scheme(origin):
        origin = f"http://{origin}"
    own: Data = {}
    segments = [_segment(segment, parts, own, variables, path, set(taken)) for segment in parts.path or ()]
    written, query = _query(parts.query, variables, path)
    rest = "/" + "/".join(segments) if parts.path is not None else ""
    return Url(origin, rest + written, query, own, parts.user)


# --- its parts -----------------------------------------------------------------------------------------------------

_TEXT = re.compile(r"(?:(?P<protocol>[A-Za-z][A-Za-z0-9+.-]*)://)?(?P<rest>.*)", re.DOTALL)


def _parts(url: Json) -> _Parts:
    data = mapping(url)
    if not data or not (data.get("host") or data.get("path")):
        return _of_text(plain(url if isinstance(url, str) else data.get("raw")), data)
    host = ".".join(map(plain, data["host"])) if isinstance(data.get("host"), list) else plain(data.get("host"))
    if plain(data.get("port")):
        host += f":{plain(data['port'])}"
    protocol = plain(data.get("protocol")).removesuffix("://").removesuffix(":")
    path = data.get("path")
    segments = [plain(mapping(part).get("value", part)) for part in path] if isinstance(path, list) else None
    if isinstance(path, str):
        segments = path.removeprefix("/").split("/")
    user = mapping(data.get("auth"))
    found = (plain(user.get("user")), plain(user.get("password"))) if user else None
    protocol = f"{protocol}://" if protocol else ""
    return _Parts(protocol, found, host, segments, _entries(data.get("query")), _values(data))


def _of_text(raw: str, data: Json) -> _Parts:
    raw = raw.strip()
    held: list[str] = []

    def hold(match: re.Match[str]) -> str:
        held.append(match.group())
        return f"\0{len(held) - 1}\0"

    def give(text: str) -> str:
        return re.sub("\0(\\d+)\0", lambda match: held[int(match[1])], text)

    matched = _TEXT.fullmatch(PLACEHOLDER.sub(hold, raw).partition("#")[0])
    assert matched is not None, "the pattern takes any text"
    before, question, query = matched["rest"].partition("?")
    host, slash, path = before.partition("/")
    user, at, host = host.rpartition("@")
    name, _, password = give(user).partition(":")
    pairs = [pair.partition("=") for pair in query.split("&")] if question else []
    found = [Entry(give(key), give(value) if equals else None, False, {}) for key, equals, value in pairs]
    return _Parts(
        protocol=f"{matched['protocol']}://" if matched["protocol"] else "",
        user=(name, password) if at else None,
        host=give(host),
        path=give(path).split("/") if slash else None,
        query=found,
        values=_values(mapping(data)),
    )


def _entries(query: Json) -> list[Entry]:
    if isinstance(query, str):
        return _of_text(f"?{query}", {}).query
    return list(entries(query))


def _values(data: Json) -> dict[str, Entry]:
    return {entry.name: entry for entry in entries(listed(data.get("variable")) or mapping(data.get("variable")))}


# --- path ----------------------------------------------------------------------------------------------------------


def _segment(segment: str, parts: _Parts, own: Data, variables: Variables, path: str, taken: set[str]) -> str:
    """A part of the path; `:name` is given its value, with a `.suffix` kept."""
    name = segment[1:].partition(".")[0] if segment.startswith(":") else ""
    found = parts.values.get(name) if name else None
    if found is None or not found.value:
        return _escaped(variables.text(segment, path))
    suffix = segment[1 + len(name) :]
    if "{{" in found.value or name in taken:
        return _escaped(variables.text(found.value + suffix, path))
    ours = variables.names(name)
    own[ours] = variables.text(found.value, path)
    return f"{{{{{ours}}}}}{suffix}"


def _escaped(text: str) -> str:
    """What would end a path is encoded; placeholders stay."""
    return _outside_placeholders(text, lambda part: part.replace("?", "%3F").replace("#", "%23"))


def _outside_placeholders(text: str, change: Callable[[str], str]) -> str:
    parts: list[str] = []
    position = 0
    for match in re.finditer(r"\{\{.*?\}\}", text):
        parts += [change(text[position : match.start()]), match.group()]
        position = match.end()
    return "".join([*parts, change(text[position:])])


# --- query ---------------------------------------------------------------------------------------------------------

_AS_WRITTEN = re.compile(r"\+|%[0-9A-Fa-f]{2}")


def _query(found: list[Entry], variables: Variables, path: str) -> tuple[str, Data]:
    """What stays in the URL, and the entries of `query`: those after the last that has to stay."""
    enabled = [entry for entry in found if not entry.disabled]
    cut = max((place for place, entry in enumerate(enabled) if _stays(entry, place, enabled)), default=-1) + 1
    written = "&".join(_written(entry, variables, path) for entry in enabled[:cut])
    query: Data = {}
    later = set(map(id, enabled[cut:]))
    for entry in found:
        name = variables.text(entry.name, path)
        value = variables.guarded(entry.name, variables.text(entry.value or "", path))
        if entry.disabled:
            query[Disabled({name: value})] = None
        elif id(entry) in later:
            query[name] = [*_listed(query[name]), value] if name in query else value
    return f"?{written}" if cut else "", query


def _stays(entry: Entry, place: int, enabled: list[Entry]) -> bool:
    if entry.value is None or not entry.name or _AS_WRITTEN.search(entry.name + entry.value):
        return True
    following = [other.name for other in enabled[place + 1 :]]
    return entry.name in following and enabled[place + 1].name != entry.name  # ours repeats a name without a gap


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _written(entry: Entry, variables: Variables, path: str) -> str:
    def encoded(text: str) -> str:
        return text.replace("#", "%23").replace("&", "%26")

    name = _outside_placeholders(variables.text(entry.name, path), encoded)
    if entry.value is None:
        return name
    return f"{name}={_outside_placeholders(variables.text(entry.value, path), encoded)}"
