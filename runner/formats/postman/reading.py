"""JSON text → folders and requests of a Postman collection, v2.0 and v2.1 alike; whatever is odd in it is made plain.

Collections are written by people, by tools and by hand: a value of the wrong type counts as one that is not there. This
file knows the shape of the foreign format and nothing of ours.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from runner.formats import foreign_json
from runner.formats.draft import ForeignFault

#: Folders within folders; each takes two of the hundred levels that a request file may have.
_MOST_FOLDERS = 40

#: What stands in a script from there on was left by an import before: it is kept as it is.
#: What the folders say that stand for the requests of `setup` and `teardown`.
FOLDERS = {
    "setup": "Runs first. What follows needs it.",
    "teardown": "Runs last, whatever happened before.",
}
KEPT_MARK = "// Kept as it is: what follows has no translation."

Json = Any


class Script(NamedTuple):
    """A script: `listen` is `prerequest` or `test`, `path` its place in the collection."""

    listen: str
    text: str
    path: str


class Entry(NamedTuple):
    """A header, a query entry, a form field: `value` is None where there is none at all."""

    name: str
    value: str | None
    disabled: bool
    data: Mapping[str, Json]


class Item(NamedTuple):
    """A folder (`items` is a list), a request, or the collection itself; `settings` is its protocolProfileBehavior."""

    name: str
    description: str
    path: str
    scripts: tuple[Script, ...]
    auth: Json
    variables: tuple[Entry, ...]
    settings: Mapping[str, Json]
    items: tuple[Item, ...] | None
    request: Mapping[str, Json]
    responses: tuple[Mapping[str, Json], ...] = ()


def read(text: str) -> Item:
    """The collection in a text.

    Raises:
        ForeignFault: it is no JSON, or no collection of a format that we read.
    """
    data = parse(text)
    if isinstance(data, Mapping) and isinstance(data.get("collection"), Mapping):
        data = data["collection"]  # as Postman's API answers
    if not isinstance(data, Mapping) or not isinstance(data.get("item"), list):
        raise ForeignFault("this is no Postman collection: it is no object with a list 'item'")
    info = mapping(data.get("info"))
    return Item(
        name=plain(info.get("name") or data.get("name")).strip() or "Postman collection",
        description=_description(info.get("description")),
        path="",
        scripts=tuple(_scripts(data, "")),
        auth=data.get("auth"),
        variables=tuple(entries(data.get("variable"))),
        settings=mapping(data.get("protocolProfileBehavior")),
        items=tuple(_items(data["item"], "", 1)),
        request={},
    )


def parse(text: str) -> Json:
    """The value of a JSON text; numbers keep their spelling.

    Raises:
        ForeignFault: it is none.
    """
    value = foreign_json.read(text)
    half = _HALF.search(text)
    if half and any("\ud800" <= character <= "\udfff" for character in json.dumps(value, ensure_ascii=False)):
        line = text.count("\n", 0, half.start()) + 1
        raise ForeignFault("this JSON holds half of a character (RFC 8259 § 8.2), which no file can hold", line)
    return value


#: An escape that is half of a character beyond the first 65,536, or a whole one together with its neighbour.
_HALF = re.compile(r"\\u[dD][89a-fA-F]")


def _items(data: Json, path: str, depth: int) -> Iterator[Item]:
    if depth > _MOST_FOLDERS:
        raise ForeignFault(f"{path}: folders are nested deeper than {_MOST_FOLDERS} levels")
    for number, entry in enumerate(data):
        place = f"{path}.item[{number}]" if path else f"item[{number}]"
        if isinstance(entry, Mapping):
            yield _item(entry, place, depth)


def _item(data: Mapping[str, Json], path: str, depth: int) -> Item:
    inner = data.get("item")
    request = data.get("request")
    return Item(
        name=plain(data.get("name")),
        description=_description(data.get("description") or mapping(request).get("description")),
        path=path,
        scripts=tuple(_scripts(data, path)),
        auth=mapping(request).get("auth") if inner is None else data.get("auth"),
        variables=tuple(entries(data.get("variable"))),
        settings=mapping(data.get("protocolProfileBehavior")),
        items=tuple(_items(inner, path, depth + 1)) if isinstance(inner, list) else None,
        request={"url": request} if isinstance(request, str) else mapping(request),
        responses=tuple(filter(is_mapping, listed(data.get("response")))),
    )


def _scripts(data: Mapping[str, Json], path: str) -> Iterator[Script]:
    for number, event in enumerate(listed(data.get("event"))):
        if not is_mapping(event) or event.get("disabled") is True:
            continue
        script = event.get("script")
        source = script.get("exec") if is_mapping(script) else script
        text = "\n".join(map(plain, source)) if isinstance(source, list) else plain(source)
        if text.strip():
            place = f"{path}.event[{number}]" if path else f"event[{number}]"
            yield Script(plain(event.get("listen")), text.replace("\r\n", "\n").replace("\r", "\n"), place)


# --- plain things --------------------------------------------------------------------------------------------------


def is_mapping(value: Json) -> bool:
    return isinstance(value, Mapping)


def mapping(value: Json) -> Mapping[str, Json]:
    """A mapping as it is, for anything else an empty one."""
    return value if isinstance(value, Mapping) else {}


def listed(value: Json) -> list[Json]:
    """A list as it is, for anything else an empty one."""
    return value if isinstance(value, list) else []


def plain(value: Json) -> str:
    """A value as text: null is none, structures are JSON."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, (int, float)) else json.dumps(value, ensure_ascii=False)


def _description(value: Json) -> str:
    return plain(value.get("content") if isinstance(value, Mapping) else value).strip()


def entries(value: Json, default: str = "") -> Iterator[Entry]:
    """Entries of a list of `{key, value}`, of a mapping, or of the lines of a text (as older versions wrote them)."""
    if isinstance(value, str):
        for line in value.splitlines():
            name, colon, rest = line.partition(":")
            if name.strip() and colon:
                yield Entry(name.strip(), rest.strip(), False, {})
    elif isinstance(value, Mapping):
        for name, text in value.items():
            yield Entry(str(name), plain(text), False, {})
    for data in listed(value):
        if isinstance(data, Mapping):
            given = data.get("key", data.get("id", default))
            text = data.get("value")
            disabled = data.get("disabled") is True or data.get("enabled") is False
            yield Entry(plain(given), None if text is None else plain(text), disabled, data)


def auth_fields(auth: Json) -> tuple[str, dict[str, Json]] | None:
    """Type and fields of an `auth`: v2.1 lists them, v2.0 maps them; None where it inherits."""
    if not isinstance(auth, Mapping) or not auth.get("type"):
        return None
    kind = plain(auth["type"]).lower()
    fields = next((value for name, value in auth.items() if name.lower() == kind), None)
    if isinstance(fields, Mapping):
        return kind, {str(name): value for name, value in fields.items() if value is not None}
    found = {plain(entry.get("key")): entry.get("value") for entry in listed(fields) if is_mapping(entry)}
    return kind, {name: value for name, value in found.items() if name and value is not None}
