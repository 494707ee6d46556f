"""The drivers: grant the wishes of flows with real sockets, tokens and clocks, and pass events on in file order.

    plans ──▶ workers (one flow each) ──▶ events, ordered by collection ──▶ Redactor ──▶ listeners

Every event goes through the Redactor at this one door. Only the calling thread tells listeners. A single collection
runs in the calling thread; several run side by side on threads, and what they tell is put back in order.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import TYPE_CHECKING, Any

from runner.engine.build import Flags
from runner.engine.events import (
    CollectionFinished,
    CollectionStarted,
    Downloading,
    Event,
    Listener,
    RunFinished,
    RunStarted,
    StepFinished,
    StepStarted,
    TokenFinished,
)
from runner.engine.exchange import Exchange, Request, SaveTo, Send, Wait
from runner.engine.flow import FAIL_FAST, Authorize, Effect, Session, run_collection, slim, started
from runner.engine.plan import Plan
from runner.engine.results import CollectionResult, Outcome, RunResult, StepResult, TokenResult
from runner.engine.scope import EnvironmentVariables
from runner.errors import AuthError, TransportError
from runner.redaction import Redactor
from runner.runtime.person import Person
from runner.runtime.tokens import TokenStore
from runner.runtime.transport import CookieJar, HttpTransport, Transport
from runner.runtime.workspace import Workspace

if TYPE_CHECKING:
    from runner.runtime.snapshots import SnapshotWriter
    from runner.runtime.token_cache import TokenCache

MOST_JOBS = 8
_INTERRUPTED = "not run: interrupted"
#: It may have reached the server.
_CUT_SHORT = "interrupted while it was under way"


class Interrupts:
    """Ctrl-C as KeyboardInterrupt, but never while an event is being told: half a line, or none, would be lost.

    `handler` is what the front installs for SIGINT and SIGTERM; without it nothing is held back.
    """

    def __init__(self) -> None:
        self._held = False
        self._came = False

    def handler(self, number: int, frame: Any) -> None:
        """A signal handler."""
        if not self._held:
            raise KeyboardInterrupt
        self._came = True

    def __enter__(self) -> None:
        self._held = True

    def __exit__(self, *_: object) -> None:
        self._held = False
        if self._came:
            self._came = False
            raise KeyboardInterrupt


@dataclass(slots=True, eq=False)
class Settings:
    """How to run: `jobs` collections side by side (0: as many as fit), and what every request is told.

    `progress` is told now and then how far a download has come, where that goes on in the calling thread.
    `snapshots` writes the snapshots of this run in place of comparing them.
    """

    env: EnvironmentVariables
    workspace: Workspace
    flags: Flags = Flags()
    jobs: int = 0
    fail_fast: bool = False
    transport: Transport | None = None
    listeners: Sequence[Listener] = ()
    redactor: Redactor = field(default_factory=Redactor)
    interrupts: Interrupts = field(default_factory=Interrupts)
    progress: Callable[[Downloading], None] | None = None
    snapshots: SnapshotWriter | None = None


def run(plans: Sequence[Plan], settings: Settings) -> RunResult:
    """Runs plans and tells the listeners. Ctrl-C ends the run; what was not run is told as skipped."""
    for event in stream(plans, settings):
        result = event
    assert isinstance(result, RunFinished), "a stream ends with RunFinished"
    return result.result


def stream(plans: Sequence[Plan], settings: Settings) -> Iterator[Event]:
    """The events of a run as they come, after the listeners were told of them."""
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
            raise AuthError(_INTERRUPTED)

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
        self._session = Session(
            env=settings.env,
            redactor=settings.redactor,
            flags=settings.flags,
            fail_fast=settings.fail_fast,
            clock=time.perf_counter,
            files=settings.workspace,
            keep=settings.snapshots.keep if settings.snapshots else None,
        )
        self._ended = threading.Event()
        self._store = token_store(self._send_token_request, settings.redactor, self._ended)
        self._keep = any(listener.wants_exchanges for listener in settings.listeners)
        self._told_tokens: set[Any] = set()
        self._tokens: list[TokenResult] = []
        self._collections: list[CollectionResult] = []
        self._steps: list[StepResult] = []
        self._current: Plan | None = None
        self._under_way = ""
        self._last: Event | None = None
        for plan in plans:
            source = plan.collection.source
            settings.redactor.add(source.secrets)
            source.mask = settings.redactor.text
        self._failed = False
        self._teller = threading.get_ident()

    # --- wishes ---

    def _send_token_request(self, request: Request) -> Any:
        return self._transport.send(request, None)

    def _grant(self, wish: Effect, jar: CookieJar) -> Any:
        if isinstance(wish, Send):
            try:
                held = wish.request.held_cookies
                return self._transport.send(self._watched(wish.request), jar.without(held) if held else jar)
            except TransportError as error:
                return error
        if isinstance(wish, Authorize):
            return self._store.authorize(wish.grant, wish.stale)
        self._ended.wait(wish.seconds)
        return None

    def _watched(self, request: Request) -> Request:
        """The request; where somebody wants to know how its download goes, that is told."""
        to, tell = request.save_to, self._settings.progress
        if to is None or tell is None or threading.get_ident() != self._teller:
            return request
        name = self._under_way

        def write(pieces: Iterator[bytes], announced: int | None) -> int:
            return to.write(_counted(pieces, lambda received: say(received, announced)), announced)

        def say(received: int, announced: int | None) -> None:
            with self._settings.interrupts:
                tell(self._settings.redactor.apply(Downloading(name, received, announced)))

        return replace(request, save_to=SaveTo(to.name, write))

    def _drive(self, plan: Plan) -> Iterator[Event]:
        """Runs one flow; its events, trimmed of what nobody asked for."""
        flow = run_collection(plan, self._session)
        jar = CookieJar()
        reply: Any = None
        while True:
            try:
                item = flow.send(reply)
            except StopIteration:
                return
            if isinstance(item, (Send, Wait, Authorize)):
                reply = self._grant(item, jar)
            else:
                reply = None
                yield self._trimmed(item)

    def _trimmed(self, event: Event) -> Event:
        if isinstance(event, StepFinished) and event.result.outcome is Outcome.PASSED and not self._keep:
            return StepFinished(slim(event.result))
        if isinstance(event, TokenFinished) and event.result.outcome is Outcome.PASSED and not self._keep:
            return TokenFinished(replace(event.result, exchanges=()))
        return event

    # --- order ---

    def events(self) -> Iterator[Event]:
        began = time.perf_counter()
        interrupted = False
        yield self._tell(RunStarted(len(self._plans), sum(len(plan.steps) for plan in self._plans)))
        sources = self._sources()
        for plan, source in zip(self._plans, sources, strict=True):
            if self._failed and self._settings.fail_fast and not interrupted:
                yield from self._not_run(plan, FAIL_FAST)
                continue
            try:
                yield from self._told(plan, source)
            except KeyboardInterrupt:
                interrupted = True
                self._session.stopped = _INTERRUPTED
                self._ended.set()
                yield from self._told(plan, source)
        elapsed = time.perf_counter() - began
        result = RunResult(tuple(self._collections), tuple(self._tokens), elapsed, interrupted)
        yield self._tell_as_is(RunFinished(result))

    def _told(self, plan: Plan, source: Iterable[Event]) -> Iterator[Event]:
        """The events of a collection; after Ctrl-C those that are there already, and the rest as not run."""
        for event in source:
            if event is self._last:  # told already when the interrupt came
                continue
            with self._settings.interrupts:
                self._current, self._last = plan, event
                told = self._in_order(event)
            if told is not None:
                yield told
            if isinstance(event, CollectionFinished):
                return
        yield from self._not_run(plan, _INTERRUPTED)

    def _sources(self) -> Sequence[Iterable[Event]]:
        # With fail-fast nothing may be on its way when a request fails, or "not run" would not be true.
        jobs = 1 if self._settings.fail_fast else min(self._settings.jobs or MOST_JOBS, len(self._plans))
        if jobs <= 1:
            return [self._drive(plan) for plan in self._plans]
        return _side_by_side(self._plans, self._drive, jobs, self._ended)

    def _in_order(self, event: Event) -> Event | None:
        """Tells an event in its turn and takes note of it; None for one that was told before."""
        if isinstance(event, CollectionFinished):
            if self._settings.snapshots is not None and self._current is not None:
                names = [step.name for step in self._steps]
                self._settings.snapshots.finish(self._current, names, self._settings.redactor)
            bare = self._settings.redactor.apply(event.result._replace(steps=()))
            self._collections.append(bare._replace(steps=tuple(self._steps)))  # steps were redacted when told
            return self._tell_as_is(CollectionFinished(self._collections[-1]))
        if isinstance(event, TokenFinished):
            if event.result.key in self._told_tokens:
                return None
            self._told_tokens.add(event.result.key)
        elif isinstance(event, CollectionStarted):
            self._steps = []
        elif isinstance(event, StepStarted):
            self._under_way = event.name
        told = self._tell(event)
        if isinstance(told, TokenFinished):
            self._tokens.append(replace(told.result, exchanges=()))
        elif isinstance(told, StepFinished):
            self._note_step(told.result)
        return told

    def _note_step(self, result: StepResult) -> None:
        self._steps.append(slim(result))
        self._under_way = ""
        if result.outcome in (Outcome.FAILED, Outcome.ERRORED):
            self._failed = True
            if self._settings.fail_fast:
                self._session.stopped = FAIL_FAST

    def _not_run(self, plan: Plan, reason: str) -> Iterator[Event]:
        """What was not told yet of a collection, as skipped."""
        collection = plan.collection
        rest: list[Event] = []
        if self._current is not plan:
            self._current = plan
            rest.append(started(plan))
        done = 0 if rest else len(self._steps)
        for step in plan.steps[done:]:
            why = _CUT_SHORT if self._under_way == step.name else reason
            skipped = StepResult(collection.name, step.name, Outcome.SKIPPED, reason=why, span=step.spec.name_span)
            rest.append(StepFinished(skipped))
        rest.append(CollectionFinished(CollectionResult(collection.name, collection.source.path)))
        yield from filter(None, map(self._in_order, rest))

    def _tell(self, event: Event) -> Event:
        return self._tell_as_is(self._settings.redactor.apply(event))

    def _tell_as_is(self, event: Event) -> Event:
        for listener in self._settings.listeners:
            listener(event)
        return event


#: Seconds between two words on a download.
_OFTEN = 0.1


def _counted(pieces: Iterator[bytes], say: Callable[[int], None]) -> Iterator[bytes]:
    """The pieces as they are; now and then it is said how many bytes they were."""
    received, said = 0, time.monotonic()
    for piece in pieces:
        received += len(piece)
        if time.monotonic() - said >= _OFTEN:
            said = time.monotonic()
            say(received)
        yield piece


_END = object()


def _side_by_side(plans: Sequence[Plan], drive: Any, jobs: int, ended: threading.Event) -> Sequence[Iterable[Event]]:
    """Runs flows on `jobs` daemon threads (Ctrl-C need not wait for them); the events of each plan."""
    channels = [_Channel(ended) for _ in plans]
    waiting = iter(list(zip(plans, channels, strict=True)))
    lock = threading.Lock()

    def work() -> None:
        while True:
            with lock:
                plan, channel = next(waiting, (None, None))
            if plan is None or channel is None:
                return
            try:
                for event in drive(plan):
                    channel.tell(event)
                channel.tell(_END)
            except BaseException as error:  # noqa: BLE001 - handed to the calling thread, which raises it
                channel.tell(error)

    for number in range(jobs):
        threading.Thread(target=work, name=f"runner-{number}", daemon=True).start()
    return channels


class _Channel:
    """What a thread tells of one plan; waits for more until the run has ended.

    An event stays first in line until the reader asks for the next one: an interrupt at any moment loses none.
    """

    def __init__(self, ended: threading.Event) -> None:
        self._ended = ended
        self._told: deque[Any] = deque()
        self._more = threading.Semaphore(0)

    def tell(self, item: Any) -> None:
        self._told.append(item)
        self._more.release()

    def __iter__(self) -> Iterator[Event]:
        while True:
            while not self._told and not self._ended.is_set():
                self._more.acquire()
            if not self._told or self._told[0] is _END:
                return
            if isinstance(self._told[0], BaseException):
                raise self._told[0]
            yield self._told[0]
            self._told.popleft()
