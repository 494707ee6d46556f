"""YAML text → plain data in one go over the parser's events, for large files whose places nobody asks for.

    events ─▶ data · whatever is not plain and simple ─▶ OddError

It judges nothing: a fault, an anchor, a tag, a merge, a key that stands twice or is no text, a second document are for
`parse`, which reads the text again and says what is to be said. What this reads, `parse` reads in the same way.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import yaml

from runner.language.syntax.convert import plain_value
from runner.language.syntax.faults import MAX_DEPTH

#: The longest text that may be a number; see `Converter`.
_LONGEST_NUMBER = 400
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class OddError(Exception):
    """A text that is not as plain as most are."""


def read(text: str) -> Any:
    """The data of a YAML text; its numbers forget how they were spelled.

    Raises:
        OddError: it has to be read by `parse`, or is empty.
    """
    try:
        loader = _LOADER(text)
    except (yaml.YAMLError, UnicodeError):
        raise OddError from None
    try:
        return _document(loader.get_event)
    except yaml.YAMLError:
        raise OddError from None
    finally:
        loader.dispose()


def _document(event: Callable[[], Any]) -> Any:
    """The only document of a stream."""
    event()
    if not isinstance(event(), yaml.DocumentStartEvent):
        raise OddError
    value = _Reader(event).value(event(), 0, flow=False)
    if not (isinstance(event(), yaml.DocumentEndEvent) and isinstance(event(), yaml.StreamEndEvent)):
        raise OddError
    return value


class _Reader:
    """Makes values; `event` gives the parser's next event."""

    def __init__(self, event: Callable[[], Any]) -> None:
        self._event = event
        #: Unquoted texts and their values: of a million there are a few thousand.
        self._known: dict[str, Any] = {}

    def value(self, event: Any, depth: int, *, flow: bool) -> Any:
        kind = type(event)
        if event.anchor is not None or kind is yaml.AliasEvent or event.tag is not None or depth >= MAX_DEPTH:
            raise OddError
        if kind is yaml.ScalarEvent:
            return self._scalar(event, flow)
        return (self._mapping if kind is yaml.MappingStartEvent else self._items)(event.flow_style, depth)

    def _scalar(self, event: Any, flow: bool) -> Any:
        text = event.value
        if not event.implicit[0]:
            return text
        if flow and not text:  # `{a, b: 1}`: a comma too many, or a value too few
            raise OddError
        if text not in self._known:
            self._known[text] = _plain(text)
        return self._known[text]

    def _mapping(self, flow: bool, depth: int) -> dict[str, Any]:
        made: dict[str, Any] = {}
        count = 0
        while type(key := self._event()) is yaml.ScalarEvent:
            if key.anchor is not None or key.tag is not None or (key.value == "<<" and key.implicit[0]):
                raise OddError
            made[key.value] = self.value(self._event(), depth + 1, flow=flow)
            count += 1
        if type(key) is not yaml.MappingEndEvent or len(made) != count:
            raise OddError
        return made

    def _items(self, flow: bool, depth: int) -> list[Any]:
        made: list[Any] = []
        while type(item := self._event()) is not yaml.SequenceEndEvent:
            made.append(self.value(item, depth + 1, flow=False))
        return made


def _plain(text: str) -> Any:
    if len(text) > _LONGEST_NUMBER and not text[0].isalpha():
        raise OddError
    value = plain_value(text)
    if type(value) in (str, bool) or value is None:
        return value
    return int(value) if isinstance(value, int) else float(value)
