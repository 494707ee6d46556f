"""The body of an event stream, which has no end of its own: it is read until enough has come, or the time is over."""

from __future__ import annotations

from collections.abc import Iterator

from runner.engine.event_stream import EventStream
from runner.errors import TransportError


def events_of(pieces: Iterator[bytes], wanted: int | None) -> Iterator[bytes]:
    """The body up to the end of the last event that is `wanted` (None: of all), or to what came until the deadline.

    The end of the time is no fault here: what came is the answer.
    """
    stream = EventStream()
    before = 0
    try:
        for piece in pieces:
            if wanted is not None:
                stream.feed(piece)
                if len(stream.ends) >= wanted:
                    yield piece[: stream.ends[wanted - 1] - before]
                    return
            before += len(piece)
            yield piece
    except TransportError as fault:
        if fault.kind != "timeout":
            raise
