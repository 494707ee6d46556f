"""Ctrl-C and SIGTERM as KeyboardInterrupt, but only where a run waits: elsewhere an event, or a flow, would be lost.

The first one stops what is under way, and teardown is still sent; the second one ends that, too. This file knows no
run.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


class Interrupts:
    """`handler` is what the front installs for SIGINT and SIGTERM; without it nothing is held back."""

    def __init__(self) -> None:
        #: How many signals have come.
        self.count = 0
        self._raised = 0
        self._patience = -1  # nobody waits
        self._next_patience = 0

    def handler(self, number: int, frame: Any) -> None:
        """A signal handler."""
        self.count += 1
        self._raise_if_due()

    def _raise_if_due(self) -> None:
        if self._patience >= 0 and self.count - self._raised > self._patience:
            self._raised = self.count
            self._patience = -1
            raise KeyboardInterrupt

    def waiting(self, must_end: bool = False) -> Interrupts:
        """A context: the calling thread waits. With `must_end` the first signal of the run is held back till it has."""
        self._next_patience = 1 if must_end and not self._raised else 0
        return self

    def __enter__(self) -> None:
        self._patience = self._next_patience
        self._raise_if_due()

    def __exit__(self, *_: object) -> None:
        self._patience = -1

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Ctrl-C comes here, unless somebody has made arrangements already or this is not the main thread."""
        main = threading.current_thread() is threading.main_thread()
        if not main or signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
            yield
            return
        signal.signal(signal.SIGINT, self.handler)
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, signal.default_int_handler)
