"""YAML text → nodes, or plain data, in one go over the parser's events: twice as fast as by way of PyYAML's nodes, and
in half of the memory.

    events ─▶ nodes or data · whatever is not plain and simple ─▶ OddError

It judges nothing: a fault, an anchor, a tag, a merge, a key that stands twice or is no text, a second document are for
the long way, which reads the text again and says what is to be said. What this reads, that reads in the same way.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from typing import Any, cast

import yaml

from runner.language.syntax.convert import plain_value
from runner.language.syntax.faults import MAX_DEPTH
from runner.language.syntax.nodes import Mapping, Node, Scalar, Sequence
from runner.language.values import Value

#: The longest text that may be a number; see `Converter`.
_LONGEST_NUMBER = 400
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class OddError(Exception):
    """A text that is not as plain as most are."""


def read(text: str) -> Any:
    """The data of a YAML text; its numbers forget how they were spelled. For large files whose places nobody asks for.

    Raises:
        OddError: it has to be read the long way, or is empty.
    """
    return _read(text, _Data)


def nodes(text: str) -> Node:
    """The nodes of a YAML text.

    Raises:
        OddError: it has to be read the long way, or is empty.
    """
    return cast(Node, _read(text, _Nodes))


def _read(text: str, kind: Callable[[str, Callable[[], Any]], _Reader]) -> Any:
    try:
        loader = _LOADER(text)
    except (yaml.YAMLError, UnicodeError):
        raise OddError from None
    try:
        return kind(text, loader.get_event).document()
    except yaml.YAMLError:
        raise OddError from None
    finally:
        loader.dispose()


class _Reader(ABC):
    """Makes values; `event` gives the parser's next event."""

    def __init__(self, text: str, event: Callable[[], Any]) -> None:
        self._text = text
        self._event = event
        #: Unquoted texts and their values: of a million there are a few thousand.
        self._known: dict[str, tuple[str, Any]] = {}
        #: Where the mapping ends whose last key was read.
        self._end = 0

    def document(self) -> Any:
        """The only document of a stream."""
        event = self._event
        event()
        if not isinstance(event(), yaml.DocumentStartEvent):
            raise OddError
        value = self.value(event(), 0, in_braces=False)
        if not (isinstance(event(), yaml.DocumentEndEvent) and isinstance(event(), yaml.StreamEndEvent)):
            raise OddError
        return value

    def value(self, event: Any, depth: int, *, in_braces: bool) -> Any:
        kind = type(event)
        if event.anchor is not None or kind is yaml.AliasEvent or event.tag is not None or depth >= MAX_DEPTH:
            raise OddError
        if kind is yaml.ScalarEvent:
            if in_braces and not event.value and event.implicit[0]:  # `{a, b: 1}`: a comma too many, a value too few
                raise OddError
            return self.scalar(event)
        return (self.mapping if kind is yaml.MappingStartEvent else self.sequence)(event, depth)

    @abstractmethod
    def scalar(self, event: Any) -> Any:
        """What a scalar's event stands for."""

    @abstractmethod
    def mapping(self, start: Any, depth: int) -> Any:
        """What the events from the start of a mapping to its end stand for."""

    @abstractmethod
    def sequence(self, start: Any, depth: int) -> Any:
        """The same of a sequence."""

    def _keys(self) -> Iterator[Any]:
        """The events of a mapping's keys, up to its end; between them their values are read."""
        while type(key := self._event()) is yaml.ScalarEvent:
            if key.anchor is not None or key.tag is not None or (key.value == "<<" and key.implicit[0]):
                raise OddError
            yield key
        if type(key) is not yaml.MappingEndEvent:
            raise OddError
        self._end = _end_of(key)

    def _plain(self, text: str) -> tuple[str, Any]:
        """An unquoted text, always the same object, and its value."""
        found = self._known.get(text)
        if found is None:
            if len(text) > _LONGEST_NUMBER and not text[0].isalpha():
                raise OddError
            found = self._known[text] = text, plain_value(text)
        return found


def _end_of(event: Any) -> int:
    """Where it ends, in characters."""
    return int(event.end_mark.index)


class _Data(_Reader):
    """Plain data."""

    def scalar(self, event: Any) -> Any:
        return _unspelled(self._plain(event.value)[1]) if event.implicit[0] else event.value

    def mapping(self, start: Any, depth: int) -> dict[str, Any]:
        made: dict[str, Any] = {}
        count = 0
        for key in self._keys():
            made[key.value] = self.value(self._event(), depth + 1, in_braces=start.flow_style)
            count += 1
        if len(made) != count:
            raise OddError
        return made

    def sequence(self, start: Any, depth: int) -> list[Any]:
        made: list[Any] = []
        while type(item := self._event()) is not yaml.SequenceEndEvent:
            made.append(self.value(item, depth + 1, in_braces=False))
        return made


class _Nodes(_Reader):
    """Our nodes."""

    def scalar(self, event: Any) -> Scalar:
        start, end = event.start_mark.index, event.end_mark.index
        if event.implicit[0]:
            text, value = self._plain(event.value)
            return Scalar(value, text, True, start, end)
        return Scalar(event.value, event.value, False, start, end)

    def mapping(self, start: Any, depth: int) -> Mapping:
        begins, flow = start.start_mark.index, bool(start.flow_style)
        if flow and self._text.startswith("{{", begins):
            raise OddError
        entries = []
        for key in self._keys():
            entries.append((self.scalar(key), self.value(self._event(), depth + 1, in_braces=flow)))
        if len({key.text for key, _ in entries}) != len(entries):
            raise OddError
        return Mapping(entries, begins, self._end, flow)

    def sequence(self, start: Any, depth: int) -> Sequence:
        items = []
        while type(item := self._event()) is not yaml.SequenceEndEvent:
            items.append(self.value(item, depth + 1, in_braces=False))
        return Sequence(items, start.start_mark.index, _end_of(item), bool(start.flow_style))


def _unspelled(value: Value) -> Any:
    """A number of Python's own, without its spelling."""
    if type(value) in (str, bool) or value is None:
        return value
    return int(value) if isinstance(value, int) else float(value)
