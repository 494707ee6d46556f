"""The order of things: setup, the requests one after the other, teardown; and the events around them.

    setup ──first failure──┐
      │                    │ stopped: all others are skipped
    requests ──(-x)────────┤
      │                    │
    teardown ◀─────────────┘ always; only a second Ctrl-C ends it
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from functools import partial
from typing import Any

from runner.engine.events import CollectionFinished, CollectionStarted, Event, StepFinished, StepStarted
from runner.engine.flow.request import leave_out, run_step, slim
from runner.engine.flow.scopes import scope_of, start
from runner.engine.flow.session import FAIL_FAST, Effect, Session, State
from runner.engine.flow.turns import Run, Turn, rows_of, turns
from runner.engine.plan import ONCE, SETUP, TEARDOWN, Iteration, Plan, Step
from runner.engine.results import CollectionResult, Outcome, StepResult
from runner.engine.scope import Row, Scope
from runner.errors import ResolveError


def run_collection(
    plan: Plan, session: Session, iteration: Iteration = ONCE
) -> Generator[Effect | Event, Any, CollectionResult]:
    """Runs the steps of a plan in order."""
    state = start(plan, session, iteration)
    path = plan.collection.source.path
    began = session.clock()
    yield CollectionStarted(state.title, path, tuple(_widest_name(step, plan) for step in plan.steps))
    results: list[StepResult] = []
    for turn in turns(state):
        if isinstance(turn, Run):
            from runner.engine.flow.together import run_together  # few collections overlap

            results += yield from run_together(turn, state, partial(_note_failure, state=state))
            continue
        yield StepStarted(state.title, turn.name, must_end=turn.step.part == TEARDOWN)
        done = leave_out(turn, state) if turn.loop is not None else (yield from run_step(turn, state))
        _note_failure(turn, done, state)
        yield StepFinished(done)
        results.append(slim(done))
    result = CollectionResult(state.title, path, tuple(results), session.clock() - began)
    yield CollectionFinished(result)
    return result


def _widest_name(step: Step, plan: Plan) -> str:
    """A name as wide as its rows will make it, as far as that is known."""
    return step.name + "".join(f" [{max(0, (plan.rows_in(loop) or 1) - 1)}]" for loop in step.loops)


def _note_failure(turn: Turn, done: StepResult, state: State) -> None:
    if done.outcome not in (Outcome.FAILED, Outcome.ERRORED) or done.interrupted:
        return
    if state.session.fail_fast:
        state.stopped = FAIL_FAST
    elif turn.step.part == SETUP:
        state.stopped = f"not run: '{done.name}' failed"


def scopes(plan: Plan, session: Session) -> Callable[[Step], Scope]:
    """The function that gives each step its scope in the first rows, for those who look without running (`plan`)."""
    state = start(plan, session, next(iter(plan.iterations), ONCE))
    return lambda step: scope_of(step, _first_rows(step, state), state)


def _first_rows(step: Step, state: State) -> tuple[Row, ...]:
    """The first row of each loop, as far as lists are known before any capture is taken."""
    rows: tuple[Row, ...] = ()
    for loop in step.loops:
        try:
            found = rows_of(loop, step, rows, state)
        except ResolveError:
            return rows
        for item in found.items:
            rows = (*rows, Row({"item": item, "index": 0}, f"row 0 of {found.origin}", loop.depth, found.secret))
            break
    return rows
