"""A request file as plain data with its comments: what a draft is that an importer makes, read back.

    source ─▶ nodes, comments ─▶ data ─extends, include─▶ one whole draft

Comments that are entries of a mapping, or items of a list, are `Disabled`; others stay `Comment`. This file knows no
foreign format and judges nothing: the plan of the file was made before.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from runner.diagnostics import Source
from runner.errors import InvalidError
from runner.formats.draft import Comment, Data, Disabled
from runner.language import syntax
from runner.language.layout.reading import read as layout_of
from runner.language.model import Collection
from runner.language.syntax import Mapping, Node, Scalar, Sequence

#: What files that extend another one merge by name; everything else is taken whole.
_BY_NAME = ("variables", "secrets")
_NOT_INHERITED = ("name", "description", "extends", "requests", "setup", "teardown", "tags")
_OF_A_FILE = ("name", "description", "environments")
_REQUESTS = ("setup", "requests", "teardown")
#: An entry in a comment, and the beginning of an item.
_ENTRY = re.compile(r"[\w$\"'{][^\s:]*(?: [\w-]+)*: ?\S?|[\w$-]+:$")

#: No column is so far right.
_FAR = 1_000_000

Wanted = Callable[[Source, int], bool]


def read(collection: Collection, wanted: Wanted | None = None) -> Data:
    """The draft of a collection: of its own file, and of those that it extends and includes.

    `wanted(source, offset)` says whether the request that begins there is taken.
    """
    sources = {source.path: source for source in collection.sources}
    return _Reader(sources, wanted).whole(collection.source)


class _Reader:
    def __init__(self, sources: dict[str, Source], wanted: Wanted | None) -> None:
        self._sources = sources
        self._wanted = wanted

    def whole(self, source: Source) -> Data:
        """A file with what it extends and includes."""
        data = _File(source, self._wanted).data()
        for key in _REQUESTS:
            if isinstance(data.get(key), list):
                data[key] = list(self._items(data[key], source))
        base = self._other(source, data.pop("extends", None))
        return data if base is None else _merged(self.whole(base), data)

    def _items(self, items: Iterable[Any], source: Source) -> Iterator[Any]:
        for item in items:
            if not isinstance(item, dict):
                yield item
                continue
            included = self._other(source, item.pop("include", None))
            if included is not None:
                inner = self.whole(included)
                kept = {key: value for key, value in inner.items() if key not in _OF_A_FILE}
                item = {**item, **kept}
            elif isinstance(item.get("requests"), list):
                item["requests"] = list(self._items(item["requests"], source))
            yield item

    def _other(self, source: Source, path: Any) -> Source | None:
        if not isinstance(path, str):
            return None
        return self._sources.get(posixpath.normpath(posixpath.join(posixpath.dirname(source.path), path)))


def _merged(base: Data, own: Data) -> Data:
    """What a file is with that which it extends."""
    found = {key: value for key, value in base.items() if key not in _NOT_INHERITED}
    for key, value in own.items():
        if key in _BY_NAME and key in found:
            value = {**found[key], **value}
        elif key == "environments" and key in found:
            value = {**found[key], **{name: {**found[key].get(name, {}), **given} for name, given in value.items()}}
        elif key == "defaults" and key in found:
            headers = {**found[key].get("headers", {}), **value.get("headers", {})}
            value = {**found[key], **value, **({"headers": headers} if headers else {})}
        found[key] = value
    return found


class _File:
    """One file: its nodes and the comments between them."""

    def __init__(self, source: Source, wanted: Wanted | None) -> None:
        self._source = source
        self._wanted = wanted
        self._comments = _own_comments(source)
        self._next = 0
        #: Up to where the source was read.
        self._at = 0

    def data(self) -> Data:
        root = syntax.parse(self._source, [])
        return self._mapping(root) if isinstance(root, Mapping) else {}

    def _value(self, node: Node, column: int) -> Any:
        if isinstance(node, Mapping):
            return self._mapping(node)
        if isinstance(node, Sequence):
            return self._list(node)
        self._at = max(self._at, node.end)
        inner = self._behind(column + 1) if node.value is None and not node.text else []
        return dict.fromkeys(inner) if inner else node.value

    def _mapping(self, node: Mapping) -> Data:
        found: Data = {}
        column = self._column(node.entries[0][0]) if node.entries and not node.flow else _FAR
        for key, value in node.entries:
            found.update(dict.fromkeys(self._before(key.start)))
            self._at = max(self._at, key.end)
            found[key.value if isinstance(key.value, str) else key.text] = self._value(value, column)
        found.update(dict.fromkeys(self._behind(column)))
        self._at = max(self._at, node.end) if node.flow else self._at
        return found

    def _list(self, node: Sequence) -> list[Any]:
        found: list[Any] = []
        column = self._column(node.items[0]) - 2 if node.items and not node.flow else _FAR
        for item in node.items:
            found += self._before(item.start, items=True)
            value = self._value(item, column)
            if not self._is_left_out(item):
                found.append(value)
        found += self._behind(column, items=True)
        self._at = max(self._at, node.end) if node.flow else self._at
        return found

    def _is_left_out(self, node: Node) -> bool:
        if self._wanted is None or not isinstance(node, Mapping):
            return False
        is_request = {"name", "url"} <= {key.value for key, _ in node.entries}
        return is_request and not self._wanted(self._source, node.start)

    def _column(self, node: Node | Scalar) -> int:
        return node.start - (self._source.text.rfind("\n", 0, node.start) + 1)

    def _before(self, offset: int, *, items: bool = False) -> list[Any]:
        """The comments in front of an entry or item."""
        lines: list[str] = []
        while self._next < len(self._comments) and self._comments[self._next][0] < offset:
            lines.append(self._comments[self._next][2])
            self._next += 1
        return list(_blocks(lines, items=items))

    def _behind(self, column: int, *, items: bool = False) -> list[Any]:
        """The comments right after the last entry of a block, as far right as it: they belong to it."""
        lines: list[str] = []
        while self._next < len(self._comments):
            start, at, text = self._comments[self._next]
            if at < column or self._source.text[self._at : start].strip(" \n\r:"):
                break
            lines.append(text)
            self._next += 1
            self._at = self._source.text.find("\n", start)
        return list(_blocks(lines, items=items))


def _own_comments(source: Source) -> list[tuple[int, int, str]]:
    """The comments that have a line of their own: offset, column and text."""
    try:
        document = layout_of(source)
    except InvalidError:
        return []
    comments = document.comments if document is not None else []
    return [(c.start, c.column, c.text[1:].removeprefix(" ")) for c in comments if c.own]


#: What an importer writes above a script that it could not translate.
SCRIPT_MARK = "script, of which this has no translation:"


def _blocks(lines: list[str], *, items: bool) -> Iterator[Any]:
    """Comment lines as entries that are switched off, and as comments."""
    place = 0
    while place < len(lines):
        if lines[place].endswith(SCRIPT_MARK):
            stop = next((n for n in range(place + 1, len(lines)) if lines[n].endswith(SCRIPT_MARK)), len(lines))
            yield Comment("\n".join(lines[place:stop]))
        else:
            stop = place + 1
            while stop < len(lines) and lines[stop][:1] in ("", " ") and not lines[stop].endswith(SCRIPT_MARK):
                stop += 1
            yield _entry_or_comment(lines[place:stop], items)
        place = stop


def _entry_or_comment(lines: list[str], is_item: bool) -> Comment | Disabled:
    text = "\n".join(lines)
    if lines[0].startswith("- ") is is_item and _ENTRY.match(lines[0].removeprefix("- ")):
        faults: list[Any] = []
        try:
            root = syntax.parse(Source("", text + "\n"), faults)
        except InvalidError:
            return Comment(text)
        if not faults and isinstance(root, Mapping) and len(root.entries) == 1:
            return Disabled(_plain(root))
        if not faults and isinstance(root, Sequence) and len(root.items) == 1 and isinstance(root.items[0], Mapping):
            return Disabled(_plain(root.items[0]))
    return Comment(text)


def _plain(node: Node) -> Any:
    if isinstance(node, Mapping):
        return {key.value if isinstance(key.value, str) else key.text: _plain(value) for key, value in node.entries}
    return [_plain(item) for item in node.items] if isinstance(node, Sequence) else node.value
