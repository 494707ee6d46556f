"""The crew of a run: threads that drive flows which may be under way at the same time.

    flows ──▶ hands, each drives one flow to its end ──▶ events, in the order of the flows ──▶ what the flows return

This file knows no request, and nothing of what a flow wishes.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from typing import Any

from runner.engine.events import Event
from runner.errors import Ended

Flow = Generator[Any, Any, Any]
#: Drives a flow: yields its events, and returns what it returns.
Drive = Callable[[Flow], Generator[Event, None, Any]]


class _Part:
    """What one flow has told that nobody has taken yet, and what it returned or raised."""

    __slots__ = ("done", "error", "events", "value")

    def __init__(self) -> None:
        self.events: deque[Event] = deque()
        self.done = False
        self.value: Any = None
        self.error: BaseException | None = None

    @property
    def has_news(self) -> bool:
        return bool(self.events) or self.done or self.error is not None


class Work:
    """Several flows, each begun in its turn; their parts are kept until they are told."""

    def __init__(self, flows: Iterator[Flow], drive: Drive, ended: threading.Event) -> None:
        self._flows = flows
        self._drive = drive
        self._ended = ended
        self._news = threading.Condition()
        self._parts: deque[_Part] = deque()
        self._all_begun = False

    def begin(self) -> Callable[[], None] | None:
        """Begins the next flow: a function that drives it to its end. None where all were begun, or the run is over."""
        flow = None if self._ended.is_set() else next(self._flows, None)
        part = _Part()
        with self._news:
            if flow is None:
                self._all_begun = True
                self._news.notify()
                return None
            self._parts.append(part)
        return lambda: self._run(flow, part)

    def _run(self, flow: Flow, part: _Part) -> None:
        driving = self._drive(flow)
        try:
            while True:
                event = next(driving)
                with self._news:
                    part.events.append(event)
                    self._news.notify()
        except StopIteration as done:
            part.value, part.done = done.value, True
        except Ended:
            pass  # the part stays as it is: under way
        except BaseException as error:  # noqa: BLE001 - handed to the thread that waits, which raises it
            part.error = error
        with self._news:
            self._news.notify()

    def told(self) -> Generator[Event, None, list[Any]]:
        """The events of all flows as they come, flow by flow; what the flows returned.

        An event stays with its part until the next one is asked for: an interrupt at any moment loses none.

        Raises:
            Ended: the run has ended before the flows.
        """
        values: list[Any] = []
        while (part := self._first()) is not None:
            if part.events:
                yield part.events[0]
                part.events.popleft()
            elif part.error is not None:
                raise part.error
            else:
                values.append(part.value)
                self._parts.popleft()
        return values

    def _first(self) -> _Part | None:
        """The first part that is not told, as soon as it has something to tell; None when all are told."""
        with self._news:
            while True:
                if self._parts and self._parts[0].has_news:
                    return self._parts[0]
                if self._ended.is_set():
                    raise Ended
                if self._all_begun and not self._parts:
                    return None
                self._news.wait()

    def left(self) -> Iterable[tuple[Event, ...]]:
        """What was not told, flow by flow, of those that were begun."""
        return [tuple(part.events) for part in self._parts]


class Crew:
    """At most `size` threads; they come when there is work and go when there is none."""

    def __init__(self, size: int, ended: threading.Event) -> None:
        self._size = size
        self._ended = ended
        self._lock = threading.Lock()
        self._open: deque[Work] = deque()
        self._hands = 0

    def take_on(self, flows: Iterator[Flow], number: int, drive: Drive) -> Work:
        """Begins to drive `number` flows."""
        work = Work(flows, drive, self._ended)
        with self._lock:
            self._open.append(work)
            more = min(self._size - self._hands, number)
            self._hands += more
        for _ in range(more):
            threading.Thread(target=self._help, name="runner-crew", daemon=True).start()
        return work

    def _help(self) -> None:
        while (drive := self._next()) is not None:
            drive()

    def _next(self) -> Callable[[], None] | None:
        """What to do next; a hand that gets nothing goes."""
        with self._lock:
            while self._open:
                drive = self._open[0].begin()
                if drive is not None:
                    return drive
                self._open.popleft()
            self._hands -= 1
            return None
