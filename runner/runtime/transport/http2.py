"""HTTP/2 among threads. It is imported when a request asks for `http2`.

httpcore lets many threads share an HTTP/2 connection, but then one that runs out of time ends the requests of all
others, and waits for the one that reads without looking at its own deadline. Here a connection serves one request at
a time, as with HTTP/1.1, and what ends badly is closed. So a fault is always that of its own request.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any, cast

import h2.errors
import h2.events
import h2.exceptions
import httpcore

from runner.errors import TransportError
from runner.runtime.transport.network import Deadline, Stream


class OneAtATime(httpcore.ConnectionInterface):
    """A connection of httpcore's pool that is free only while nobody uses it."""

    def __init__(self, inner: httpcore.ConnectionInterface) -> None:
        self._inner = inner
        self._turn = threading.Lock()
        self._stream: Stream | None = None

    def handle_request(self, request: httpcore.Request) -> httpcore.Response:
        if not self._turn.acquire(blocking=False):
            raise httpcore.ConnectionNotAvailable()  # the pool finds another one
        deadline = cast(Deadline, request.extensions["timeout"]["read"])
        try:
            response: httpcore.Response = _in_words(lambda: self._inner.handle_request(request), deadline)
        except BaseException:
            self._done(whole=False)
            raise
        self._stream = response.extensions["network_stream"]
        response.stream = _Body(response.stream, deadline, self._done)
        return response

    def _done(self, *, whole: bool) -> None:
        """Gives the turn back. httpcore keeps a connection whose stream was left, and so loses its window."""
        if not whole:
            self._inner.close()
        self._turn.release()

    def close(self) -> None:
        self._inner.close()

    def info(self) -> str:
        return self._inner.info()

    def can_handle_request(self, origin: httpcore.Origin) -> bool:
        return self._inner.can_handle_request(origin)

    def is_available(self) -> bool:
        return not self._turn.locked() and self._inner.is_available()

    def has_expired(self) -> bool:
        return self._inner.has_expired() or (self.is_idle() and self._stream is not None and self._stream.spent)

    def is_idle(self) -> bool:
        return not self._turn.locked() and self._inner.is_idle()

    def is_closed(self) -> bool:
        return self._inner.is_closed()


class _Body:
    """The body of a response; when it is closed, `done` is told whether all of it was read."""

    def __init__(self, inner: Any, deadline: Deadline, done: Callable[..., None]) -> None:
        self._inner = inner
        self._deadline = deadline
        self._done = done
        self._whole = self._closed = False

    def __iter__(self) -> Iterator[bytes]:
        pieces = iter(self._inner)
        while (piece := _in_words(lambda: next(pieces, None), self._deadline)) is not None:
            yield piece
        self._whole = True

    def close(self) -> None:
        if not self._closed:
            self._closed = True
            self._inner.close()
            self._done(whole=self._whole)


def _in_words(act: Callable[[], Any], deadline: Deadline) -> Any:
    """What `act` gives; what HTTP/2 alone can meet becomes a TransportError that says so."""
    try:
        return act()
    except (httpcore.ProtocolError, h2.exceptions.H2Error) as error:
        cause = error.args[0] if error.args else error
        if isinstance(cause, (h2.events.StreamReset, h2.events.ConnectionTerminated)):
            raise _ended(cause) from error
        if isinstance(error, h2.exceptions.H2Error) or isinstance(cause, h2.exceptions.H2Error):
            raise _violated(cause, deadline) from error
        raise


def _ended(event: h2.events.StreamReset | h2.events.ConnectionTerminated) -> TransportError:
    """The server ended the stream or the connection (RFC 9113 § 6.4, 6.8), and maybe said why (§ 7)."""
    what = "stream" if isinstance(event, h2.events.StreamReset) else "connection"
    code = event.error_code
    name = code.name if isinstance(code, h2.errors.ErrorCodes) else f"error {code}"
    hint = "this server wants HTTP/1.1: leave out `http2`" if name == "HTTP_1_1_REQUIRED" else ""
    return TransportError("reset", f"the server ended the HTTP/2 {what}: {name}", hint)


def _violated(cause: Any, deadline: Deadline) -> TransportError:
    """Until the request is sent it is ours that breaks the rules of HTTP/2, then the server's answer."""
    whose = "the request" if deadline.phase == "send" else "the answer"
    return TransportError("protocol", f"{whose} is not valid HTTP/2: {cause}")
