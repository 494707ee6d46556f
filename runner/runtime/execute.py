"""The run: grants the wishes of flows with real sockets, tokens and clocks, and passes events on in file order.

    plans ──▶ lanes (one flow each) ──▶ events, ordered by collection ──▶ Redactor ──▶ listeners

Every event goes through the Redactor at this one door. Only the calling thread tells listeners. A single collection
runs in the calling thread; several run side by side on threads (`lanes`), and what they tell is put back in order.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from functools import cache
from typing import TYPE_CHECKING, Any

from runner.engine.build import Flags
from runner.engine.events import (
    CollectionFinished,
    CollectionStarted,
    Event,
    Listener,
    RunFinished,
    RunStarted,
    StepFinished,
    StepStarted,
    TokenFinished,
)
from runner.engine.exchange import Exchange, Request, SaveTo, Send, Wait
from runner.engine.flow import FAIL_FAST, INTERRUPTED, Effect, Session, run_collection, slim
from runner.engine.overlap import Together
from runner.engine.plan import Iteration, Plan
from runner.engine.results import CollectionResult, Outcome, RunResult, StepResult, TokenResult
from runner.engine.scope import EnvironmentVariables
from runner.engine.sending import Authorize
from runner.errors import AuthError, TransportError
from runner.redaction import Redactor
from runner.runtime.interrupts import Interrupts
from runner.runtime.lanes import Drive, Lane, Schedule, SideBySide
from runner.runtime.person import Person
from runner.runtime.progress import Progress
from runner.runtime.tokens import TokenStore
from runner.runtime.transport import CookieJar, HttpTransport, Transport
from runner.runtime.workspace import Workspace

if TYPE_CHECKING:
    from runner.runtime.crew import Crew, Work
    from runner.runtime.snapshots import SnapshotWriter
    from runner.runtime.token_cache import TokenCache

MOST_JOBS = 8


@dataclass(slots=True, eq=False)
class Settings:
    """How to run: `jobs` collections side by side (0: as many as fit), and what every request is told.

    With `overlap` neighbouring safe requests of one collection are sent together, `jobs` of them at most.
    `progress` is told what is under way.
    `snapshots` writes the snapshots of this run in place of comparing them.
    """

    env: EnvironmentVariables
    workspace: Workspace
    flags: Flags = Flags()
    jobs: int = 0
    fail_fast: bool = False
    overlap: bool = False
    transport: Transport | None = None
    listeners: Sequence[Listener] = ()
    redactor: Redactor = field(default_factory=Redactor)
    interrupts: Interrupts = field(default_factory=Interrupts)
    progress: Progress | None = None
    snapshots: SnapshotWriter | None = None


def run(plans: Sequence[Plan], settings: Settings) -> RunResult:
    """Runs plans and tells the listeners. Ctrl-C ends the run; what was not run is told as skipped."""
    with settings.interrupts.listening():
        for event in _streamed(plans, settings):
            result = event
    assert isinstance(result, RunFinished), "a stream ends with RunFinished"
    return result.result


def stream(plans: Sequence[Plan], settings: Settings) -> Iterator[Event]:
    """The events of a run as they come, after the listeners were told of them."""
    with settings.interrupts.listening():
        for event in _streamed(plans, settings):
            with settings.interrupts.waiting():  # for whoever takes it
                yield event


def _streamed(plans: Sequence[Plan], settings: Settings) -> Iterator[Event]:
    transport = settings.transport or HttpTransport()
    run_ = _Run(plans, settings, transport)
    try:
        yield from run_.events()
    finally:
        settings.workspace.discard_downloads()
        if settings.transport is None:
            transport.close()


def token_store(perform: Callable[[Request], Exchange], redactor: Redactor, ended: threading.Event) -> TokenStore:
    """The tokens of a run, until it has ended."""

    def wait(seconds: float) -> None:
        if ended.wait(seconds):
            raise AuthError(INTERRUPTED)

    return TokenStore(perform, time.monotonic, wait, Person(redactor.text, ended.is_set), cache(_open_cache))


def _open_cache() -> TokenCache:
    """The cache on disk; few runs have a use for it."""
    from runner.runtime.token_cache import TokenCache

    return TokenCache()


class _Run:
    """One run: the flows, what they told, and what came of it."""

    def __init__(self, plans: Sequence[Plan], settings: Settings, transport: Transport) -> None:
        self._plans = plans
        self._settings = settings
        self._transport = transport
        self._keep = any(listener.wants_exchanges for listener in settings.listeners)
        self._session = Session(
            env=settings.env,
            redactor=settings.redactor,
            flags=settings.flags,
            fail_fast=settings.fail_fast,
            clock=time.perf_counter,
            wall=time.time,
            chance=_chance,
            overlap=settings.overlap,
            keep_exchanges=self._keep,
            files=settings.workspace,
            keep=settings.snapshots.keep if settings.snapshots else None,
        )
        self._crew: Crew | None = None
        self._crew_lock = threading.Lock()
        #: Collections and a crew are more threads than may send at once.
        overlap = settings.overlap or any(plan.collection.overlap for plan in plans)
        self._turn = threading.Semaphore(self._most()) if overlap else nullcontext()
        self._schedule = Schedule(plans)
        self._workers: SideBySide | None = None
        #: How often Ctrl-C came; after the first time nothing begins, after the second not even teardown is sent.
        self._interrupts = 0
        self._stopping = threading.Event()
        self._over = threading.Event()
        self._store = token_store(self._send_token_request, settings.redactor, self._stopping)
        self._told_tokens: set[Any] = set()
        self._tokens: list[TokenResult] = []
        self._collections: list[CollectionResult] = []
        self._steps: list[StepResult] = []
        for source in (source for plan in plans for source in plan.collection.sources):
            settings.redactor.add(source.secrets)
            source.mask = settings.redactor.text
        self._names: dict[str, list[tuple[str, str]]] = {}

    # --- wishes ---

    def _send_token_request(self, request: Request) -> Any:
        return self._transport.send(request, None)

    def _grant(self, wish: Effect, jar: CookieJar) -> Any:
        if isinstance(wish, Wait):
            self._over.wait(wish.seconds)
            return None
        if self._stopping.is_set():  # teardown does not wait for what was left to its servers
            return self._granted(wish, jar)
        with self._turn:
            return self._granted(wish, jar)

    def _granted(self, wish: Effect, jar: CookieJar) -> Any:
        if isinstance(wish, Authorize):
            return self._store.authorize(wish.grant, wish.stale)
        assert isinstance(wish, Send), "a Drive grants what a collection wishes for itself"
        try:
            held = wish.request.held_cookies
            return self._transport.send(self._watched(wish.request), jar.without(held) if held else jar)
        except TransportError as error:
            return error

    def _take_on(self, wish: Together, lock: threading.Lock, jar: CookieJar) -> Work:
        from runner.runtime.crew import Crew, Work

        with self._crew_lock:
            self._crew = self._crew or Crew(self._most())
        return self._crew.take_on(Work(wish, lock, self._grant, jar))

    def _most(self) -> int:
        """How much may be under way at once. With fail-fast only one, or "not run" would not be true."""
        return 1 if self._settings.fail_fast else self._settings.jobs or MOST_JOBS

    def _watched(self, request: Request) -> Request:
        """The request; where somebody wants to know how its download goes, that is noted."""
        to, progress = request.save_to, self._settings.progress
        if to is None or progress is None:
            return request

        def write(pieces: Iterator[bytes], announced: int | None) -> int:
            return to.write(progress.counted(pieces, announced), announced)

        return request._replace(save_to=SaveTo(to.name, write))

    def _note_progress(self, event: Event) -> None:
        progress = self._settings.progress
        if progress is None:
            return
        if isinstance(event, StepStarted):
            name = f"{event.collection}: {event.name}" if len(self._plans) > 1 else event.name
            progress.begin((event.collection, event.name), self._settings.redactor.text(name))
        elif isinstance(event, StepFinished):
            progress.end((event.result.collection, event.result.name))

    def _trimmed(self, event: Event) -> Event:
        """An event without what nobody asked for; on the thread that drives the flow."""
        self._note_progress(event)
        if isinstance(event, StepFinished) and event.result.outcome is Outcome.PASSED and not self._keep:
            return StepFinished(slim(event.result))
        if isinstance(event, TokenFinished) and event.result.outcome is Outcome.PASSED and not self._keep:
            return TokenFinished(replace(event.result, exchanges=()))
        return event

    # --- order ---

    def events(self) -> Iterator[Event]:
        began = time.perf_counter()
        plans = self._plans
        requests = sum(len(plan.steps) * len(plan.iterations) for plan in plans)
        yield self._tell(RunStarted(sum(len(plan.iterations) for plan in plans), requests, time.time()))
        try:
            yield from self._all_told()
        finally:
            self._over.set()
        self._write_snapshots()
        elapsed = time.perf_counter() - began
        interrupted = bool(self._interrupts or self._settings.interrupts.count)
        result = RunResult(tuple(self._collections), tuple(self._tokens), elapsed, interrupted)
        yield self._tell_as_is(RunFinished(result))

    def _all_told(self) -> Iterator[Event]:
        """What is run, and then what is not, as skipped."""
        jobs = min(self._most(), sum(len(plan.iterations) for plan in self._plans))
        for event in self._one_by_one() if jobs <= 1 else self._side_by_side(jobs):
            yield from self._in_order(event)
        for run in self._schedule.rest():
            for event in self._events_of(self._drive(*run)):
                yield from self._in_order(event)

    def _one_by_one(self) -> Iterator[Event]:
        while not self._stopped():
            run = self._schedule.next()
            if run is None:
                return
            yield from self._events_of(self._drive(*run))

    def _stopped(self) -> str:
        if self._settings.interrupts.count > self._interrupts:
            self._interrupted()  # a signal that met nobody waiting
        return self._session.stopped

    def _side_by_side(self, jobs: int) -> Iterator[Event]:
        waiting = self._settings.interrupts.waiting
        self._workers = SideBySide(self._next_drive, jobs)
        lane: Lane | None = None
        while True:
            try:
                lane = self._workers.current(waiting)
                if lane is None:
                    return
                yield from lane.events(waiting)
                self._workers.told()
            except KeyboardInterrupt:
                self._interrupted()

    def _next_drive(self) -> Drive | None:
        run = self._schedule.next()
        return None if run is None else self._drive(*run)

    def _drive(self, plan: Plan, iteration: Iteration) -> Drive:
        flow = run_collection(plan, self._session, iteration)
        return Drive(flow, self._grant, self._trimmed, self._interrupted, self._take_on)

    def _events_of(self, drive: Drive) -> Iterator[Event]:
        return drive.events(drive.hold(), self._settings.interrupts.waiting)

    def _interrupted(self) -> None:
        self._interrupts = max(self._interrupts + 1, self._settings.interrupts.count)
        again = self._interrupts > 1
        if self._workers is not None:  # before a flow learns of it: what is taken over is cut short
            self._workers.stop(even_teardown=again)
        self._session.stopped = INTERRUPTED
        self._stopping.set()
        if again:
            self._session.ended = INTERRUPTED
            self._over.set()

    def _write_snapshots(self) -> None:
        for plan in self._plans if self._settings.snapshots is not None else ():
            assert self._settings.snapshots is not None
            names = self._names.get(plan.collection.source.path, [])
            self._settings.snapshots.finish(plan, names, self._settings.redactor)

    def _note_names(self, result: CollectionResult) -> None:
        """Under which names the results of a collection may have a snapshot."""
        if self._settings.snapshots is not None:
            self._names.setdefault(result.path, []).extend((step.name, result.name) for step in self._steps)

    # --- telling ---

    def _in_order(self, event: Event) -> Iterator[Event]:
        """Tells an event in its turn and takes note of it, unless it was told before."""
        if isinstance(event, CollectionFinished):
            self._note_names(event.result)
            bare = self._settings.redactor.apply(event.result._replace(steps=()))
            self._collections.append(bare._replace(steps=tuple(self._steps)))  # steps were redacted when told
            yield self._tell_as_is(CollectionFinished(self._collections[-1]))
            return
        if isinstance(event, TokenFinished):
            if event.result.key in self._told_tokens:
                return
            self._told_tokens.add(event.result.key)
        elif isinstance(event, CollectionStarted):
            self._steps = []
        told = self._tell(event)
        if isinstance(told, TokenFinished):
            self._tokens.append(replace(told.result, exchanges=()))
        elif isinstance(told, StepFinished):
            self._note_step(told.result)
        yield told

    def _note_step(self, result: StepResult) -> None:
        self._steps.append(slim(result))
        if self._settings.fail_fast and result.outcome in (Outcome.FAILED, Outcome.ERRORED):
            self._session.stopped = self._session.stopped or FAIL_FAST

    def _tell(self, event: Event) -> Event:
        return self._tell_as_is(self._settings.redactor.apply(event))

    def _tell_as_is(self, event: Event) -> Event:
        for listener in self._settings.listeners:
            listener(event)
        return event


def _chance() -> float:
    from random import random  # only a retry asks for it

    return random()
