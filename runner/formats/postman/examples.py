"""Saved examples of requests → snapshots: the status and the body of the first one of each request.

A run then compares what comes with what was saved. Credentials in it are masked, and a mask stands for any text.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from runner.engine.credentials import holds_credential
from runner.formats.draft import Data, Imported
from runner.formats.postman.reading import Item, plain
from runner.formats.postman.variables import is_harmless, snake
from runner.language.values import parse_json
from runner.redaction import MASK


class Example(NamedTuple):
    """Stands in a draft for its `snapshot` until the full name of the request is known."""

    entry: Mapping[str, Any]


def example(item: Item) -> Example | None:
    """The first saved answer that has a status."""
    for response in item.responses:
        code, body = response.get("code"), response.get("body")
        if isinstance(code, int) and not isinstance(code, bool) and 100 <= code <= 599:
            return Example({"status": code, **_content(plain(body))})
    return None


def _content(text: str) -> dict[str, Any]:
    try:
        return {"body": _masked(parse_json(text))}
    except ValueError:
        return {"text": text}


def _masked(value: Any, name: str = "") -> Any:
    if isinstance(value, dict):
        return {key: _masked(item, key) for key, item in value.items()}
    if isinstance(value, list):
        return [_masked(item, name) for item in value]
    if isinstance(value, str) and holds_credential(snake(name), value) and not is_harmless(value):
        return MASK
    return value


def settle(imported: Imported) -> None:
    """Writes `snapshot: true`, and notes each answer under the full name of its request."""
    for path, collection in (("", imported.collection), *imported.collections.items()):
        found = dict(_entries(collection, ""))
        if found:
            imported.snapshots[path] = found


def _entries(draft: Data, place: str) -> Iterator[tuple[str, Any]]:
    for item in draft.get("requests") or ():
        if not isinstance(item, dict):
            continue
        name = f"{place} / {item['name']}".removeprefix(" / ")
        if "requests" in item:
            yield from _entries(item, name)
        elif isinstance(item.get("snapshot"), Example):
            yield name, item["snapshot"].entry
            item["snapshot"] = True
