"""Server-Sent Events: the bytes of a `text/event-stream`, read piece by piece (WHATWG HTML § 9.2.6).

The transport counts with it while the stream runs, the response document reads with it what came. It is imported with
the first stream, and knows no request and no socket.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from runner.language.values import Value, parse_json

_LINE_END = re.compile(rb"\r\n|\n|\r")
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class EventStream:
    """Reads an event stream. `ends` is where each event that came ends: the number of bytes up to there."""

    def __init__(self) -> None:
        self.ends: list[int] = []
        self._taken = 0
        self._rest = b""
        self._after_return = False
        self._begun = False
        self._event = ""
        self._data: list[str] = []
        self._id: str | None = None
        self._retry: int | None = None

    def feed(self, piece: bytes) -> list[Value]:
        """The events that this piece completes, `{event, data, json, id, retry}`; what is not complete yet waits."""
        rest = self._rest + piece
        if not self._begun:
            if len(rest) < len(_BYTE_ORDER_MARK) and _BYTE_ORDER_MARK.startswith(rest):
                self._rest = rest
                return []
            self._begun = True
            rest = self._dropped(rest, len(_BYTE_ORDER_MARK)) if rest.startswith(_BYTE_ORDER_MARK) else rest
        if self._after_return and rest:  # the line feed of a line that has ended already
            self._after_return = False
            rest = self._dropped(rest, 1) if rest.startswith(b"\n") else rest
        events, start = [], 0
        for end in _LINE_END.finditer(rest):
            event = self._line(rest[start : end.start()].decode("utf-8", "replace"))
            start = end.end()
            if event is not None:
                events.append(event)
                self.ends.append(self._taken + start)
        self._after_return = start == len(rest) and rest.endswith(b"\r")
        self._rest = self._dropped(rest, start)
        return events

    def _dropped(self, data: bytes, count: int) -> bytes:
        self._taken += count
        return data[count:]

    def _line(self, line: str) -> dict[str, Value] | None:
        """Takes one line; an empty one gives the event that it ends, if there is one."""
        if not line:
            return self._dispatched()
        name, _, value = line.partition(":")  # a comment has no name
        take = _FIELDS.get(name)
        if take is not None:
            take(self, value.removeprefix(" "))
        return None

    def _dispatched(self) -> dict[str, Value] | None:
        data, kind = self._data, self._event
        self._data, self._event = [], ""
        if not data:  # fields without data are no event, but an id or a delay counts from then on
            return None
        text = "\n".join(data)
        return {
            "event": kind or "message",
            "data": text,
            "json": _parsed(text),
            "id": self._id,
            "retry": self._retry,
        }

    def _take_event(self, value: str) -> None:
        self._event = value

    def _take_data(self, value: str) -> None:
        self._data.append(value)

    def _take_id(self, value: str) -> None:
        if "\0" not in value:
            self._id = value

    def _take_retry(self, value: str) -> None:
        if value.isascii() and value.isdigit():
            self._retry = int(value)


_FIELDS: dict[str, Callable[[EventStream, str], None]] = {
    "event": EventStream._take_event,
    "data": EventStream._take_data,
    "id": EventStream._take_id,
    "retry": EventStream._take_retry,
}


def _parsed(text: str) -> Value:
    """The data of an event as JSON; null where it is none, as with `body`."""
    try:
        return parse_json(text)
    except ValueError:
        return None
