"""The order of things: the requests of a collection one after the other, and the events around them."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import replace
from typing import Any

from runner.engine.events import CollectionFinished, CollectionStarted, Event, StepFinished, StepStarted
from runner.engine.flow.request import run_step
from runner.engine.flow.scopes import scope_of, start
from runner.engine.flow.session import FAIL_FAST, Effect, Session
from runner.engine.plan import Plan, Step
from runner.engine.results import CollectionResult, Outcome, StepResult
from runner.engine.scope import Scope


def run_collection(plan: Plan, session: Session) -> Generator[Effect | Event, Any, CollectionResult]:
    """Runs the steps of a plan in order."""
    collection = plan.collection
    state = start(plan, session)
    began = session.clock()
    yield started(plan)
    results: list[StepResult] = []
    for step in plan.steps:
        yield StepStarted(collection.name, step.name)
        done = yield from run_step(step, state)
        if session.fail_fast and done.outcome in (Outcome.FAILED, Outcome.ERRORED):
            state.stopped = FAIL_FAST
        yield StepFinished(done)
        results.append(slim(done))
    result = CollectionResult(collection.name, collection.source.path, tuple(results), session.clock() - began)
    yield CollectionFinished(result)
    return result


def started(plan: Plan) -> CollectionStarted:
    """The event that a collection begins with."""
    return CollectionStarted(plan.collection.name, plan.collection.source.path, tuple(s.name for s in plan.steps))


def slim(result: StepResult) -> StepResult:
    """A result without its exchanges: bodies are dropped once judged and reported."""
    if result.exchange is None and result.unanswered is None:
        return result
    return replace(result, exchange=None, earlier=(), unanswered=None)


def scopes(plan: Plan, session: Session) -> Callable[[Step], Scope]:
    """The function that gives each step its scope, for those who look without running (`plan`)."""
    state = start(plan, session)
    return lambda step: scope_of(step, state)
