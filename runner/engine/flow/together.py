"""Steps that overlap: each turn of a run is a flow of its own with captures of its own; told and settled in order.

    Run ──ahead──▶ turns ──▶ parts, under way together ──▶ events, captures, in the order of the file

After Ctrl-C what had ended is told in its place, what was under way is cut short, and the rest is not run.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from runner.engine.events import Event, StepFinished, StepStarted
from runner.engine.flow.gathering import Gathered
from runner.engine.flow.request import leave_out, not_begun, run_step, slim
from runner.engine.flow.scopes import scope_of
from runner.engine.flow.session import INTERRUPTED, Effect, State
from runner.engine.flow.turns import EMPTY, Run, Turn, ahead
from runner.engine.overlap import Flow, Together
from runner.engine.plan import Loop
from runner.engine.results import Outcome, StepResult
from runner.engine.scope import Values

#: Takes note of how a turn has ended, as soon as it has.
Note = Callable[[Turn, StepResult], None]


def run_together(run: Run, state: State, note: Note) -> Generator[Effect | Event, Any, list[StepResult]]:
    """Runs the steps of a run; what they capture becomes visible after all of them."""
    parts = _Parts(run, state, note)
    together = Together(parts.flows(), parts.number, parts.have_news)
    results: list[StepResult] = []
    while parts.open or not together.all_begun:
        first = parts.open[0] if parts.open else None
        if first is not None and not first.is_announced:
            first.is_announced = True
            yield StepStarted(state.title, first.turn.name)
        elif first is not None and first.result is not None:
            yield from (*first.events, StepFinished(first.result))
            results.append(slim(first.result))
            parts.settle()
        else:
            try:
                yield together
            except KeyboardInterrupt:
                state.session.stopped = INTERRUPTED
                parts.cut_short(together)
    parts.settling.end()
    return results


@dataclass(slots=True, eq=False)
class _Part:
    """A turn that was begun: the state that it sees, what it has told, and what came of it."""

    turn: Turn
    state: State
    flow: Flow | None = None
    events: list[Event] = field(default_factory=list)
    result: StepResult | None = None
    is_announced: bool = False

    def cut_short(self) -> None:
        """Ctrl-C met it; where it waits for nothing yet it has not begun."""
        assert self.flow is not None, "it has one from the start"
        try:
            self.flow.throw(KeyboardInterrupt())
        except StopIteration:
            return
        except KeyboardInterrupt:
            self.result = not_begun(self.turn, self.state)


class _Parts:
    """The parts of a run; `open` are those that were begun and not told, in order."""

    def __init__(self, run: Run, state: State, note: Note) -> None:
        self._run = run
        self._state = state
        self._note = note
        self._before = dict(state.captures.values), dict(state.untaken), dict(state.partial)
        self.open: deque[_Part] = deque()
        self.settling = Settling(run, state)

    @property
    def number(self) -> int:
        """How many there are at most, as far as it is known without looking at lists."""
        steps, depth = self._run.steps, len(self._run.rows)
        return len(steps) if all(len(step.loops) == depth for step in steps) else 1_000_000

    def have_news(self) -> bool:
        """Whether there is something to tell."""
        return bool(self.open) and (not self.open[0].is_announced or self.open[0].result is not None)

    def flows(self) -> Iterator[Flow]:
        """The flow of each part; it becomes one when it is asked for."""
        for turn in ahead(self._run, self._state):
            part = _Part(turn, self._own_state(turn))
            self.open.append(part)
            part.flow = self._flow(part)
            yield part.flow

    def _own_state(self, turn: Turn) -> State:
        """The state as it was before all parts, with captures that are the part's own."""
        if turn.loop is None:
            scope_of(turn.step, turn.rows, self._state)  # the layers of its groups are made for all parts
        captures, untaken, lacking = self._before
        return replace(
            self._state,
            captures=Values(dict(captures), self._state.captures.origin),
            untaken=dict(untaken),
            partial=dict(lacking),
            fresh=set(),
            passed=set(),
        )

    def _flow(self, part: _Part) -> Flow:
        if part.turn.loop is not None:
            done = leave_out(part.turn, part.state)
        else:
            done = yield from _without_events(run_step(part.turn, part.state), part.events)
        self._note(part.turn, done)
        kept = self._state.session.keep_exchanges or done.outcome is not Outcome.PASSED
        part.result = done if kept else slim(done)

    def settle(self) -> None:
        """The first part has been told: what it has left becomes that of the run."""
        part = self.open.popleft()
        self.settling.add(part.turn, partial(_leave, part, self._state))

    def cut_short(self, together: Together) -> None:
        """What is under way was interrupted, and nothing else is run."""
        for part in self.open:
            if part.result is None:
                part.cut_short()
        while (flow := together.begin()) is not None:
            assert next(flow, None) is None, "a request that is not run wishes for nothing"


def _without_events(flow: Generator[Effect | Event, Any, StepResult], told: list[Event]) -> Flow:
    """A flow that yields wishes alone; its events are put aside."""
    move = partial(flow.send, None)
    while True:
        try:
            item = move()
        except StopIteration as done:
            return done.value
        move = partial(flow.send, None)
        if not isinstance(item, Effect):
            told.append(item)
            continue
        try:
            move = partial(flow.send, (yield item))
        except KeyboardInterrupt as interrupt:
            move = partial(flow.throw, interrupt)


def _leave(part: _Part, state: State) -> None:
    """What a turn that ran alone would have left: its captures, or why they are not there."""
    assert part.result is not None, "it is told when it has ended"
    own, judged = part.state, part.result.outcome in (Outcome.PASSED, Outcome.FAILED)
    for step in part.turn.steps or (part.turn.step,):
        for name in (capture.name for capture in step.spec.captures):
            if name in own.fresh:
                state.captures.values[name] = own.captures.values[name]
                state.untaken.pop(name, None)
                state.fresh.add(name)
                continue
            if judged:
                state.captures.values.pop(name, None)
            if name in own.untaken:
                state.untaken[name] = own.untaken[name]
            if name in own.passed:
                state.passed.add(name)


class Settling:
    """Brings what the turns of a run have left into the state, as if they had come one after the other."""

    def __init__(self, run: Run, state: State) -> None:
        self._depth = len(run.rows)
        self._state = state
        self._loop: Loop | None = None
        self._gathered: Gathered | None = None
        self._empty = False

    def add(self, turn: Turn, leave: Callable[[], None]) -> None:
        """The next turn; `leave` brings what it has left."""
        loops = turn.step.loops
        loop = loops[self._depth] if len(loops) > self._depth else None
        if loop is not self._loop:
            self.end()
            self._loop = loop
        if loop is None or turn.fault is not None or (turn.reason not in ("", EMPTY) and self._gathered is None):
            leave()
            return
        self._gathered = self._gathered or Gathered((turn.step,), self._state)
        if turn.loop is not None:
            self._empty = turn.reason == EMPTY
            if not self._empty:
                self._gathered.lack(turn.reason)
            leave()
            return
        self._gathered.begin()
        leave()
        self._gathered.add()

    def end(self) -> None:
        """No more turns of a loop."""
        if self._gathered is not None:
            self._gathered.keep(empty=self._empty)
        self._loop, self._gathered, self._empty = None, None, False
