"""What is under way just now, noted by whichever thread does it: for a row that a terminal wipes again.

Events come in the order of the files; this does not. It is of no use to a report.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any, NamedTuple


class UnderWay(NamedTuple):
    """A request that was begun and not judged yet; `seconds` ago."""

    name: str
    seconds: float


class Progress:
    """What threads have begun and done."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._begun: dict[Any, tuple[str, float]] = {}
        self._done = 0

    def begin(self, key: Any, name: str) -> None:
        """A request is begun; `key` is its own among all."""
        with self._lock:
            self._begun[key] = (name, self._clock())

    def end(self, key: Any) -> None:
        """A request is judged, or was not sent."""
        with self._lock:
            self._begun.pop(key, None)
            self._done += 1

    @property
    def done(self) -> int:
        """How many requests are judged."""
        return self._done

    def under_way(self) -> list[UnderWay]:
        """What is under way, the longest first."""
        with self._lock:
            now = self._clock()
            return [UnderWay(name, now - since) for name, since in self._begun.values()]
