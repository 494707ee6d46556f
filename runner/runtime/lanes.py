"""Driving flows: one at a time by the calling thread, or several side by side, and always told in their order.

    Schedule ──▶ Drive (a flow, its jar) ──▶ events                             one at a time
    Schedule ──▶ worker: Lane (a Drive and what it told) ──▶ calling thread     side by side

After Ctrl-C the calling thread takes over what a worker drives: the worker may wait for its server as long as it likes,
the flow goes on without it. This file knows no HTTP and no listener.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from typing import TYPE_CHECKING, Any

from runner.engine.events import Event, StepStarted
from runner.engine.flow import Effect
from runner.engine.overlap import Together
from runner.engine.plan import Iteration, Plan
from runner.runtime.transport import CookieJar

if TYPE_CHECKING:
    from runner.runtime.crew import Work

#: How far workers may be ahead of what was told, in collections for each of them: what they told is kept till then.
_AHEAD = 16

Run = tuple[Plan, Iteration]
#: Encloses a wait, told whether it is one that Ctrl-C must not cut short.
Waiting = Callable[[bool], AbstractContextManager[None]]


def at_ease(must_end: bool) -> AbstractContextManager[None]:
    """Encloses the waits of workers, to whom Ctrl-C does not come."""
    return nullcontext()


class Schedule:
    """The runs of all plans, in order, one at a time. Threads may ask at once."""

    def __init__(self, plans: Sequence[Plan]) -> None:
        self._lock = threading.Lock()
        self._plans = deque(plans)
        self._runs: Iterator[Iteration] = iter(())
        self._plan: Plan | None = None
        self._begun = 0

    def next(self) -> Run | None:
        """What is to be run next; None when all has begun."""
        with self._lock:
            while True:
                iteration = next(self._runs, None)
                if iteration is not None and self._plan is not None:
                    self._begun += 1
                    return self._plan, iteration
                if not self._plans:
                    return None
                self._plan, self._begun = self._plans.popleft(), 0
                self._runs = iter(self._plan.iterations)

    def rest(self) -> Iterator[Run]:
        """What has not begun, several runs of a collection as one."""
        if self._plan is not None:
            yield from ((self._plan, rest) for rest in self._plan.iterations.rest(self._begun))
        for plan in self._plans:
            yield from ((plan, rest) for rest in plan.iterations.rest(0))


#: Has a crew drive the flows of a wish: given the lock of the collection and its cookies.
TakeOn = Callable[[Together, threading.Lock, CookieJar], "Work"]


class Drive:
    """One run of a collection under way, and whoever holds it drives it. `grant` grants its wishes.

    Flows that overlap are driven by a crew (`take_on`), whose hands take the lock by turns while the collection waits.
    """

    def __init__(
        self,
        flow: Generator[Effect | Event, Any, Any],
        grant: Callable[[Effect, CookieJar], Any],
        trim: Callable[[Event], Event],
        interrupted: Callable[[], None],
        take_on: TakeOn | None = None,
    ) -> None:
        self._flow = flow
        self._take_on = take_on
        self._work: Work | None = None
        self._grant = grant
        self._trim = trim
        self._interrupted = interrupted
        self._jar = CookieJar()
        #: Held but for the time in which a wish is granted.
        self._lock = threading.Lock()
        self._holder: object = None
        self._go_on: Callable[[], Effect | Event] = partial(flow.send, None)
        self._cut_short: Callable[[], Effect | Event] = lambda: flow.throw(KeyboardInterrupt())
        self._move: Callable[[], Effect | Event] = self._go_on
        self._must_end = False
        self.done = False

    def hold(self) -> object:
        """Takes it, from whoever has it; what `events` wants as proof."""
        with self._lock:
            return self._held_anew()

    def _held_anew(self) -> object:
        if self._work is not None:
            self._work.leave()
        self._holder = object()
        return self._holder

    def events(self, holder: object, waiting: Waiting) -> Iterator[Event]:
        """Drives the flow, to its end or until somebody else holds it. `waiting` encloses every wait."""
        with self._lock:
            while self._holder is holder:
                try:
                    item = self._move()
                except StopIteration:
                    self.done = True
                    return
                if not isinstance(item, Effect):
                    self._move = self._go_on
                    self._must_end = item.must_end if isinstance(item, StepStarted) else self._must_end
                    yield self._trim(item)
                    continue
                self._move = self._cut_short  # if the answer is not waited for
                try:
                    reply = self._granted(item, waiting)
                except KeyboardInterrupt:
                    self._interrupted()
                    continue
                if self._holder is holder:
                    self._move = partial(self._flow.send, reply)

    def _granted(self, wish: Effect, waiting: Waiting) -> Any:
        if isinstance(wish, Together):
            return self._together(wish, waiting)
        self._lock.release()
        try:
            with waiting(self._must_end):
                return self._grant(wish, self._jar)
        finally:
            self._lock.acquire()

    def _together(self, wish: Together, waiting: Waiting) -> None:
        if self._work is None or self._work.wish is not wish:
            assert self._take_on is not None, "a crew is there wherever flows overlap"
            self._work = self._take_on(wish, self._lock, self._jar)
        try:
            with waiting(self._must_end):
                self._work.wait()
        except KeyboardInterrupt:
            self._work.leave()
            raise

    def take(self, *, even_teardown: bool) -> object | None:
        """As `hold`; None where it is done, or sends teardown."""
        with self._lock:
            if self.done or (self._must_end and not even_teardown):
                return None
            return self._held_anew()


_END = object()


class Lane:
    """A Drive on a worker, and what it told. The calling thread reads it, and may take it over."""

    def __init__(self, drive: Drive) -> None:
        self._drive = drive
        self._told: deque[Any] = deque()
        self._more = threading.Semaphore(0)
        self._worker = drive.hold()
        self._taken: object | None = None
        self.finished = False

    def run(self) -> None:
        """Drives, on a worker."""
        try:
            for event in self._drive.events(self._worker, at_ease):
                self._tell(event)
            if self._drive.done:
                self._tell(_END)
        except BaseException as error:  # noqa: BLE001 - handed to the calling thread, which raises it
            self._tell(error)

    def _tell(self, item: Any) -> None:
        self._told.append(item)
        self._more.release()

    def take(self, *, even_teardown: bool) -> None:
        """Has the calling thread drive from here on."""
        self._taken = self._taken or self._drive.take(even_teardown=even_teardown)

    def events(self, waiting: Waiting) -> Iterator[Event]:
        """What was told and is being told; after KeyboardInterrupt it may be asked again for what is left."""
        while not self.finished:
            while self._told:
                item = self._told.popleft()
                if item is _END:
                    self.finished = True
                    return
                if isinstance(item, BaseException):
                    raise item
                yield item
            if self._taken is not None:
                yield from self._drive.events(self._taken, waiting)
                self.finished = True
                return
            with waiting(False):
                self._more.acquire()


class SideBySide:
    """Runs drives on daemon threads (Ctrl-C need not wait for them), so many at once."""

    def __init__(self, next_drive: Callable[[], Drive | None], jobs: int) -> None:
        self._next_drive = next_drive
        self._lock = threading.Lock()
        self._room = threading.Semaphore(_AHEAD * jobs)
        self._more = threading.Semaphore(0)
        self._line: deque[Lane | BaseException | None] = deque()
        self._closed = False
        for number in range(jobs):
            threading.Thread(target=self._work, name=f"runner-{number}", daemon=True).start()

    def _work(self) -> None:
        while True:
            self._room.acquire()
            lane = self._begin()
            if lane is None:
                return
            lane.run()

    def _begin(self) -> Lane | None:
        with self._lock:
            lane: Lane | None = None
            try:
                drive = None if self._closed else self._next_drive()
                lane = None if drive is None else Lane(drive)
                self._line.append(lane)
            except BaseException as error:  # noqa: BLE001 - see Lane.run
                self._line.append(error)
            self._more.release()
            return lane

    def current(self, waiting: Waiting) -> Lane | None:
        """The lane whose turn it is to be told; None when there are no more."""
        while not self._line:
            if self._closed:
                return None
            with waiting(False):
                self._more.acquire()
        first = self._line[0]
        if isinstance(first, BaseException):
            raise first
        return first

    def told(self) -> None:
        """The current lane has been told to its end."""
        self._line.popleft()
        self._room.release()

    def stop(self, *, even_teardown: bool) -> None:
        """Nothing more begins, and the calling thread takes over what is under way."""
        with self._lock:
            self._closed = True
            line = list(self._line)
        for lane in line:
            if isinstance(lane, Lane):
                lane.take(even_teardown=even_teardown)
