"""The crew of a run: threads that drive flows which may be under way at the same time.

    Together ──▶ Work ──▶ hands, each drives one flow to its end ──▶ whoever wished for it learns that it can go on

A flow computes only while its hand has the lock of the collection, and waits without it. This file knows no request.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from typing import Any

from runner.engine.overlap import Together
from runner.runtime.transport import CookieJar
from runner.runtime.transport.cookies import Stored

#: Grants a wish of a flow, with the cookies of a jar.
Grant = Callable[[Any, CookieJar], Any]


class Work:
    """The flows of one wish. `lock` is held by whoever lets a flow of the collection compute."""

    def __init__(self, wish: Together, lock: threading.Lock, grant: Grant, jar: CookieJar) -> None:
        self.wish = wish
        self._grant = grant
        self._jar = jar
        self._news = threading.Condition(lock)
        self._stored: list[tuple[Stored, ...]] = []
        self._is_left = False
        self._error: BaseException | None = None

    def wait(self) -> None:
        """Waits until the wish is granted, or was left. The caller has the lock, but not meanwhile."""
        while not (self._is_left or self._error or self.wish.is_ready):
            self._news.wait()
        if self._error is not None:
            raise self._error
        if self.wish.is_over:
            self._keep_cookies()

    def leave(self) -> None:
        """No flow goes on, and nobody waits: whoever wished for them goes on without. The caller has the lock."""
        self._is_left = True
        self._keep_cookies()
        self._news.notify_all()

    def _keep_cookies(self) -> None:
        """What flows have stored is stored for all, in the order of the flows."""
        for stored in self._stored:
            self._jar.join(stored)
        self._stored.clear()

    def drive_one(self) -> bool:
        """Drives the next flow to its end; false where none is left to begin."""
        try:
            return self._drive_one()
        except BaseException as error:  # noqa: BLE001 - handed to the thread that waits, which raises it
            with self._news:
                self._error = error
                self._news.notify_all()
            return False

    def _drive_one(self) -> bool:
        with self._news:
            flow = None if self._is_left else self.wish.begin()
            self._news.notify_all()
            if flow is None:
                return False
            jar, number = self._jar.fork(), len(self._stored)
            self._stored.append(())
        reply: Any = None
        while True:
            with self._news:
                if self._is_left:
                    return False
                try:
                    wish = flow.send(reply)
                except StopIteration:
                    self._end(number, jar)
                    return True
            reply = self._grant(wish, jar)

    def _end(self, number: int, jar: CookieJar) -> None:
        self._stored[number] = jar.stored
        self.wish.end()
        self._news.notify_all()


class Crew:
    """At most `size` threads; they come when there is work and go when there is none."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._lock = threading.Lock()
        self._open: deque[Work] = deque()
        self._hands = 0

    def take_on(self, work: Work) -> Work:
        """Begins to drive the flows of a work, whose lock the caller has."""
        with self._lock:
            self._open.append(work)
            more = min(self._size - self._hands, work.wish.number)
            self._hands += more
        for _ in range(more):
            threading.Thread(target=self._help, name="runner-crew", daemon=True).start()
        return work

    def _help(self) -> None:
        while (work := self._first()) is not None:
            if not work.drive_one():
                self._close(work)

    def _first(self) -> Work | None:
        """What there is to do; a hand that finds nothing goes."""
        with self._lock:
            if self._open:
                return self._open[0]
            self._hands -= 1
            return None

    def _close(self, work: Work) -> None:
        with self._lock:
            if work in self._open:
                self._open.remove(work)
