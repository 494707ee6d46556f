"""The heart: how a collection is run, as a generator without I/O. It yields wishes and events, and returns a result.

    Send(request)        → Exchange | TransportError
    Authorize(grant)     → Authorized
    Wait(seconds)        → None
    Together(flows)      → what they return
    any other event      → None

Drivers (`runtime.execute`) grant the wishes with real sockets; tests grant them by hand. One request goes

    conditions → captures it waits for → delay → build → token → send → (401: new token, send again) → capture → judge
                                                           ▲         └▶ retry · poll · paginate
                                                           └─────────────┘

and whatever goes wrong on the way becomes a StepResult, never an exception.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from runner.engine import assertions, auth
from runner.engine.build import Flags, build, connection, setting
from runner.engine.events import (
    CollectionFinished,
    CollectionStarted,
    Event,
    StepFinished,
    StepStarted,
)
from runner.engine.exchange import Exchange, ResponseDocument, Send, Wait
from runner.engine.overlap import Together, runs
from runner.engine.plan import Plan, Step
from runner.engine.repeat import Came, fetch
from runner.engine.results import CollectionResult, Fault, Outcome, StepResult, Verdict
from runner.engine.retry import Attempts, Clocks, policy
from runner.engine.scope import Declarations, EnvironmentVariables, Files, Layer, NoFiles, Scope, Shared, Values
from runner.engine.sending import Authorize, Sent
from runner.errors import AuthError, ResolveError
from runner.language.values import Value, kind
from runner.redaction import Redactor

#: Why a request was not sent after another one failed.
FAIL_FAST = "not run: an earlier request failed (--fail-fast)"

Effect = Send | Wait | Authorize | Together


@dataclass(slots=True, eq=False)
class Session:
    """What a run gives to each collection. `stopped` says why nothing more is to be sent.

    `clock` is in seconds from anywhere, `wall` in seconds since 1970, `chance` is from 0 up to 1. With `keep_exchanges`
    somebody wants to see those of polls and pages before the last one.
    """

    env: EnvironmentVariables
    redactor: Redactor
    flags: Flags = Flags()
    fail_fast: bool = False
    clock: Callable[[], float] = lambda: 0.0
    wall: Callable[[], float] = lambda: 0.0
    chance: Callable[[], float] = lambda: 0.0
    overlap: bool = False
    keep_exchanges: bool = True
    stopped: str = ""
    files: Files = field(default_factory=NoFiles)


@dataclass(slots=True, eq=False)
class _State:
    """What one run of a collection has come to."""

    plan: Plan
    session: Session
    shared: Shared
    outer: tuple[Layer, ...]
    captures: Values
    untaken: dict[str, str] = field(default_factory=dict)
    groups: dict[tuple[int, ...], tuple[Layer, ...]] = field(default_factory=dict)
    stopped: str = ""


def run_collection(plan: Plan, session: Session) -> Generator[Effect | Event, Any, CollectionResult]:
    """Runs the steps of a plan in order."""
    collection = plan.collection
    state = _start(plan, session)
    began = session.clock()
    yield started(plan)
    results: list[StepResult] = []
    overlap = session.overlap or collection.overlap
    for steps in runs(plan.steps) if overlap else ((step,) for step in plan.steps):
        if len(steps) == 1:
            results.append((yield from _told_step(steps[0], state)))
        else:
            results += yield from _run_together(steps, state)
    result = CollectionResult(collection.name, collection.source.path, tuple(results), session.clock() - began)
    yield CollectionFinished(result)
    return result


def _told_step(step: Step, state: _State) -> Generator[Any, Any, StepResult]:
    """Runs one step and tells of it."""
    yield StepStarted(state.plan.collection.name, step.name)
    done = yield from run_step(step, state)
    if state.session.fail_fast and done.outcome in (Outcome.FAILED, Outcome.ERRORED):
        state.stopped = FAIL_FAST
    yield StepFinished(done)
    return slim(done)


# --- steps that overlap --------------------------------------------------------------------------------------------


class _Part(NamedTuple):
    """What one of several overlapping steps came to: its result, the captures it took, and why others were not."""

    result: StepResult
    taken: dict[str, Value]
    untaken: dict[str, str]


def _run_together(steps: Sequence[Step], state: _State) -> Generator[Any, Any, list[StepResult]]:
    """Runs steps that may overlap; what they capture becomes visible after all of them, in the order of the file."""
    parts: list[_Part] = yield Together((_part(step, state) for step in steps), len(steps))
    for step, part in zip(steps, parts, strict=True):
        _take_over(step, part, state)
    return [part.result for part in parts]


def _part(step: Step, state: _State) -> Generator[Any, Any, _Part]:
    """Runs one of several steps with captures of its own, to begin with those that are there before all of them."""
    given, _, *around = state.outer
    _group_layers(step, state)  # made for all steps of the group, so they must not see the captures of this one
    own = Values(dict(state.captures.values), state.captures.origin)
    mine = replace(state, captures=own, outer=(given, own, *around), untaken=dict(state.untaken))
    result = yield from _told_step(step, mine)
    state.stopped = state.stopped or mine.stopped
    names = [capture.name for capture in step.spec.captures]
    taken = {name: own.values[name] for name in names if name in result.captured}
    return _Part(result, taken, {name: mine.untaken[name] for name in names if name in mine.untaken})


def _take_over(step: Step, part: _Part, state: _State) -> None:
    """What a step that ran alone would have left: its captures, or why they are not there."""
    judged = part.result.outcome in (Outcome.PASSED, Outcome.FAILED)
    for name in (capture.name for capture in step.spec.captures):
        if name in part.taken:
            state.captures.values[name] = part.taken[name]
            state.untaken.pop(name, None)
            continue
        if judged:
            state.captures.values.pop(name, None)
        if name in part.untaken:
            state.untaken[name] = part.untaken[name]


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
    state = _start(plan, session)
    return lambda step: _scope(step, state)


def _start(plan: Plan, session: Session) -> _State:
    collection = plan.collection
    captured_secrets = {c.name for step in plan.steps for c in step.spec.captures if c.secret}
    shared = Shared(
        env=session.env,
        secret_names=set(collection.secrets) | captured_secrets,
        redactor=session.redactor,
        path=collection.source.path,
        files=session.files,
    )
    given = Values(dict(plan.overrides), "--var")
    captures = Values({}, "captured")
    environment = Declarations(plan.environment, f"environment '{plan.environment_name}'")
    own = Declarations({**collection.variables, **collection.secrets}, "collection")
    outer: tuple[Layer, ...] = (given, captures, environment, own)
    environment.scope = own.scope = Scope(outer, shared)
    for name, value in plan.overrides.items():
        if name in shared.secret_names:
            session.redactor.add(value)
    return _State(plan, session, shared, outer, captures)


def _scope(step: Step, state: _State) -> Scope:
    given, captures, *around = state.outer
    layers = (given, captures, *_group_layers(step, state), *around)
    if not step.spec.variables:
        return Scope(layers, state.shared)
    own = Declarations(step.spec.variables, "request")
    scope = Scope((given, own, *layers[1:]), state.shared)
    own.scope = scope
    return scope


def _group_layers(step: Step, state: _State) -> tuple[Layer, ...]:
    """The layers of a step's groups, nearest first; each is evaluated once for the run of its collection."""
    layers: tuple[Layer, ...] = ()
    for depth, group in enumerate(step.groups, 1):
        identity = tuple(map(id, step.groups[:depth]))
        if identity not in state.groups:
            own = Declarations(group.variables, f"group '{group.name}'")
            given, captures, *around = state.outer
            own.scope = Scope((given, captures, own, *layers, *around), state.shared)
            state.groups[identity] = (own, *layers)
        layers = state.groups[identity]
    return layers


# --- one request ---------------------------------------------------------------------------------------------------


def run_step(step: Step, state: _State) -> Generator[Effect | Event, Any, StepResult]:
    """Runs one request; its captures become visible to those after it."""
    result = StepResult(
        collection=state.plan.collection.name,
        name=step.name,
        outcome=Outcome.SKIPPED,
        method=_static_method(step),
        span=step.spec.name_span,
    )
    reason = state.stopped or state.session.stopped or step.skip or _unmet(step, state)
    scope = _scope(step, state)
    try:
        if not reason:
            reason = _condition(step, scope)
        if reason:
            _leave_captures(step, state, "was skipped")
            return replace(result, reason=reason)
        result = yield from _attempt(step, scope, state, result)
    except ResolveError as error:
        result = replace(result, outcome=Outcome.ERRORED, fault=_build_fault(error))
    if result.outcome is Outcome.ERRORED:
        _leave_captures(step, state, "got no response")
    return result


def _static_method(step: Step) -> str:
    if isinstance(step.spec.method, str):
        return step.spec.method
    return "GET" if step.spec.body is None else "POST"


def _unmet(step: Step, state: _State) -> str:
    for name in step.waits_for():
        if name in state.untaken and name not in state.captures.values:
            return f"waits for '{name}': {state.untaken[name]}"
        if name not in state.captures.values and not _has_fallback(step, name):
            return f"waits for '{name}': '{state.plan.captured_by[name]}', which captures it, is not selected"
    return ""


def _has_fallback(step: Step, name: str) -> bool:
    return any(need.fallback for need in step.needs if need.kind == "capture" and need.name == name)


def _leave_captures(step: Step, state: _State, why: str) -> None:
    for capture in step.spec.captures:
        if not (why == "was skipped" and _declared_elsewhere(capture.name, state)):
            state.untaken[capture.name] = f"'{step.name}', which captures it, {why}"


def _declared_elsewhere(name: str, state: _State) -> bool:
    return any(layer.holds(name) for layer in state.outer)


def _condition(step: Step, scope: Scope) -> str:
    for expression in step.conditions:
        value = scope.evaluate(expression)
        if value is None or value is False:
            return f"when: {expression.text} is {'null' if value is None else 'false'}"
        if value is not True:
            raise ResolveError(f"'when' must give true or false, this is {kind(value)}", expression.span)
    return ""


def _build_fault(error: ResolveError) -> Fault:
    return Fault("build", error.message, (), error.hint, error.span)


def _attempt(step: Step, scope: Scope, state: _State, result: StepResult) -> Generator[Any, Any, StepResult]:
    if step.spec.delay is not None:
        yield Wait(setting(step.spec.delay, "delay", scope, 0.0))
    flags = state.session.flags
    request = build(step.spec, step.settings, step.base_urls, scope, flags)
    result = replace(result, method=request.method, url=request.url, path=path_of(request.url))
    wire = connection(step.settings, scope, flags)
    scheme = auth.prepare(step.auth, scope, wire, request.timeout, step.login, flags)
    session = state.session
    clocks = Clocks(session.clock, session.wall, session.chance)
    attempts = Attempts(policy(step.settings.retry, scope), clocks, session.keep_exchanges)

    def passes(exchange: Exchange) -> bool:
        return _judged(step, scope, state, exchange, result).outcome is Outcome.PASSED

    try:
        came = yield from fetch(step.spec, request, scheme, scope, attempts, passes)
    except AuthError as error:
        fault = Fault("auth", error.message, error.details, error.hint, step.auth and step.auth.span)
        came = Came(Sent(request, fault=fault))
    sent = came.sent
    result = _counted(result, came, attempts)
    if sent.fault is not None:
        unanswered = None if sent.fault.kind == "auth" else sent.request
        return replace(result, outcome=Outcome.ERRORED, fault=sent.fault, unanswered=unanswered)
    result = _judged(step, scope, state, sent.exchange, result, came.items)
    if came.verdict is None:
        return result
    return replace(result, outcome=Outcome.FAILED, verdicts=(came.verdict, *result.verdicts))


def _counted(result: StepResult, came: Came, attempts: Attempts) -> StepResult:
    """A result with what was repeated; of several pages it names the first."""
    notes = (*attempts.notes, came.note) if came.note else tuple(attempts.notes)
    return replace(
        result,
        url=result.url if came.pages > 1 else came.sent.request.url,
        earlier=tuple(attempts.earlier),
        attempts=attempts.count,
        polls=came.polls,
        pages=came.pages,
        notes=notes,
    )


def path_of(url: str) -> str:
    """The path and query of a URL, as console lines show it."""
    parts = urlsplit(url)
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


# --- judging -------------------------------------------------------------------------------------------------------


def _judged(
    step: Step,
    scope: Scope,
    state: _State,
    exchange: Exchange,
    result: StepResult,
    items: list[Value] | None = None,
) -> StepResult:
    document = exchange.view(scope, items)
    verdicts = _take_captures(step, document, scope, state)
    verdicts += [assertions.judge(assertion, document, scope) for assertion in step.asserts]
    if not any(map(assertions.looks_at_status, step.asserts)):
        default = assertions.judge_default(document, step.spec.name_span)
        if default is not None:
            verdicts.insert(0, default)
    failed = any(not verdict.passed for verdict in verdicts)
    return replace(
        result,
        outcome=Outcome.FAILED if failed else Outcome.PASSED,
        status=exchange.response.status,
        elapsed=exchange.elapsed,
        verdicts=tuple(verdicts),
        exchange=exchange,
        captured=tuple(c.name for c in step.spec.captures if c.name in state.captures.values),
    )


def _take_captures(step: Step, document: ResponseDocument, scope: Scope, state: _State) -> list[Verdict]:
    verdicts: list[Verdict] = []
    for capture in step.spec.captures:
        taken = assertions.take(capture, document, scope)
        if taken.verdict is not None:
            verdicts.append(taken.verdict)
            state.captures.values.pop(capture.name, None)
            state.untaken[capture.name] = f"'{step.name}' did not capture it"
            continue
        _keep(capture.name, taken.value, state)
    return verdicts


def _keep(name: str, value: Value, state: _State) -> None:
    if name in state.shared.secret_names:
        state.session.redactor.add(value)
    state.untaken.pop(name, None)
    state.captures.values[name] = value
