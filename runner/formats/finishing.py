"""The last steps of an import: credentials put away, names given a source, keys in canonical order, nothing empty."""

from __future__ import annotations

from typing import Any

from runner.formats.draft import (
    COLLECTION_ORDER,
    GROUP_ORDER,
    REQUEST_ORDER,
    Comment,
    Data,
    Disabled,
    Imported,
    Loss,
    Names,
    ordered,
)
from runner.formats.fitting import fit
from runner.formats.sealing import Vault, seal
from runner.formats.undefined import define
from runner.language.writer import write

#: Keys that are left out where nothing is in them.
_EMPTY = frozenset(
    {"variables", "secrets", "environments", "defaults", "headers", "query", "cookies", "capture", "assert", "tags",
     "description"}
)  # fmt: skip


def finish(imported: Imported, collection: Data, names: Names) -> Data:
    """The collection as it is written; `names` are those of its variables."""
    fit(imported, collection)
    _without_implied(collection["requests"], collection.get("defaults", {}))
    secrets = collection.setdefault("secrets", {})
    collection.setdefault("variables", {})
    vault = Vault(names, secrets)
    seal(collection, vault)
    define(imported, collection)
    imported.losses = [Loss(*map(vault.mask, loss)) for loss in imported.losses]
    return _arranged(collection, COLLECTION_ORDER)


#: Body key → the Content-Type that it has without a header.
_IMPLIED = {"json": "application/json", "graphql": "application/json", "form": "application/x-www-form-urlencoded"}


def _without_implied(items: list[Any], shared: Data) -> None:
    """Takes Content-Type headers away that say what the body has anyway, unless another one is inherited."""
    if any(isinstance(name, str) and name.lower() == "content-type" for name in shared.get("headers", {})):
        return
    for item in items:
        if isinstance(item, dict) and "requests" in item:
            _without_implied(item["requests"], item.get("defaults", {}))
        elif isinstance(item, dict):
            _take_away(item)


def _take_away(item: Data) -> None:
    implied = next((kind for key, kind in _IMPLIED.items() if key in item), None)
    headers = item.get("headers", {})
    for name in [name for name in headers if isinstance(name, str) and name.lower() == "content-type"]:
        if headers[name] == implied:
            del headers[name]


def _arranged(data: Data, order: tuple[str, ...]) -> Data:
    if "defaults" in data:
        data["defaults"] = {key: value for key, value in data["defaults"].items() if value or key not in _EMPTY}
    for key in ("assert", "capture"):
        if key in data and not _holds(data[key]):  # comments alone would be no list and no mapping
            data = _with_comments(data, key)
    kept = {key: value for key, value in data.items() if value or key not in _EMPTY}
    for key in ("setup", "requests", "teardown"):
        if key in kept:
            kept[key] = [_item(item) for item in kept[key]]
    found = ordered(kept, order)
    remarks = found.get("requests", [])
    if remarks and not any(isinstance(item, dict) for item in remarks):  # a list of comments would be none
        del found["requests"]
        notes = {Comment(_text_of(item)): None for item in remarks}
        return {**found, **notes, "requests": []}
    return found


def _holds(items: Any) -> bool:
    return any(not isinstance(item, (Comment, Disabled)) for item in items)


def _with_comments(data: Data, key: str) -> Data:
    """The mapping with the comments of a key in its place."""
    found = data[key]
    is_list = isinstance(found, list)
    notes = [
        item if isinstance(item, Comment) else Comment(write({key: [item.value] if is_list else item.value}).strip())
        for item in found
    ]
    kept = {name: value for name, value in data.items() if name != key}
    return {**kept, **dict.fromkeys(notes)}


def _text_of(item: Any) -> str:
    return item.text if isinstance(item, Comment) else write({"requests": [item.value]}).strip()


def _item(item: Any) -> Any:
    if isinstance(item, Comment):
        return item
    if isinstance(item, Disabled):
        return Disabled(_item(item.value))
    if "requests" in item:
        return _arranged(item, GROUP_ORDER)
    return _arranged(item, REQUEST_ORDER)
