"""What is under way just now, noted by whichever thread does it: for a row that a terminal wipes again.

Events come in the order of the files; this does not. It is of no use to a report.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple


class UnderWay(NamedTuple):
    """A request that was begun `seconds` ago and is not judged yet.

    `received` counts the bytes of a response that is saved as it comes; `announced` is how many there will be, None
    where the server did not say.
    """

    name: str
    seconds: float
    received: int = 0
    announced: int | None = None


class Progress:
    """What threads have begun and done."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._begun: dict[Any, tuple[str, float]] = {}
        self._of_thread: dict[int, Any] = {}
        self._received: dict[Any, tuple[int, int | None]] = {}
        self._done = 0

    def begin(self, key: Any, name: str) -> None:
        """The calling thread begins a request; `key` is its own among all."""
        with self._lock:
            self._begun[key] = (name, self._clock())
            self._of_thread[threading.get_ident()] = key

    def end(self, key: Any) -> None:
        """A request is judged, or was not sent."""
        with self._lock:
            self._begun.pop(key, None)
            self._received.pop(key, None)
            self._done += 1

    def counted(self, pieces: Iterable[bytes], announced: int | None) -> Iterator[bytes]:
        """The pieces of a response as they are; how many bytes have come is noted for the thread's request."""
        key = self._of_thread.get(threading.get_ident())
        received = 0
        for piece in pieces:
            received += len(piece)
            self._received[key] = received, announced
            yield piece

    @property
    def done(self) -> int:
        """How many requests are judged."""
        return self._done

    def under_way(self) -> list[UnderWay]:
        """What is under way, the longest first."""
        with self._lock:
            now = self._clock()
            return [
                UnderWay(name, now - since, *self._received.get(key, (0, None)))
                for key, (name, since) in self._begun.items()
            ]
