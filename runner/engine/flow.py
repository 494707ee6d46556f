"""The heart: how a collection is run, as a generator without I/O. It yields wishes and events, and returns a result.

    Send(request)        → Exchange | TransportError
    Authorize(grant)     → Authorized
    Wait(seconds)        → None
    any other event      → None

Drivers (`runtime.execute`) grant the wishes with real sockets; tests grant them by hand. One request goes

    conditions → captures it waits for → delay → build → token → send → (401: new token, send again) → capture → judge

and whatever goes wrong on the way becomes a StepResult, never an exception.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from runner.engine import assertions, auth
from runner.engine.auth.base import MOST_ANSWERS, Scheme
from runner.engine.build import Flags, build, connection, setting
from runner.engine.events import (
    CollectionFinished,
    CollectionStarted,
    Event,
    StepFinished,
    StepStarted,
    TokenFinished,
)
from runner.engine.exchange import Exchange, Grant, Request, ResponseDocument, Send, Token, Wait
from runner.engine.plan import Plan, Step
from runner.engine.results import CollectionResult, Fault, Outcome, StepResult, TokenResult, Verdict
from runner.engine.scope import Declarations, EnvironmentVariables, Files, Layer, NoFiles, Scope, Shared, Values
from runner.errors import AuthError, ResolveError, TransportError
from runner.language.model import Snapshot
from runner.language.values import Value, kind
from runner.redaction import Redactor


class Authorize(NamedTuple):
    """The wish for a token. `stale` is the number of one that the API refused: a newer one is wanted."""

    grant: Grant
    stale: int | None = None


class Authorized(NamedTuple):
    """The answer to Authorize: without a token the fetch failed. `fresh` if it was fetched for this very wish."""

    result: TokenResult
    token: Token | None
    fresh: bool = False


#: Why a request was not sent after another one failed.
FAIL_FAST = "not run: an earlier request failed (--fail-fast)"

Effect = Send | Wait | Authorize


@dataclass(slots=True, eq=False)
class Session:
    """What a run gives to each collection. `clock` in seconds; `stopped` says why nothing more is to be sent.

    `keep` takes a new snapshot (file, full name, value) instead of comparing it.
    """

    env: EnvironmentVariables
    redactor: Redactor
    flags: Flags = Flags()
    fail_fast: bool = False
    clock: Callable[[], float] = lambda: 0.0
    stopped: str = ""
    files: Files = field(default_factory=NoFiles)
    keep: Callable[[str, str, Value], None] | None = None


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
    hidden: bool = False


def run_collection(plan: Plan, session: Session) -> Generator[Effect | Event, Any, CollectionResult]:
    """Runs the steps of a plan in order."""
    collection = plan.collection
    state = _start(plan, session)
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
    try:
        sent = yield from send(request, scheme)
    except AuthError as error:
        sent = Sent(
            request, fault=Fault("auth", error.message, error.details, error.hint, step.auth and step.auth.span)
        )
    except TransportError as error:  # a file that had to be signed
        sent = Sent(request, fault=_transport_fault(error))
    result = replace(result, url=sent.request.url, earlier=sent.earlier)
    if sent.fault is not None:
        unanswered = None if sent.fault.kind == "auth" else sent.request
        fault = _placed(sent.fault, step)
        return replace(result, outcome=Outcome.ERRORED, fault=fault, unanswered=unanswered)
    return _judged(step, scope, state, sent.exchange, result)


def _placed(fault: Fault, step: Step) -> Fault:
    """A body over the limit has its place where the limit is written, else where the request is."""
    if fault.kind != "too-large":
        return fault
    limit = step.settings.max_body
    return fault._replace(span=limit.span if limit else step.spec.name_span)


def path_of(url: str) -> str:
    """The path and query of a URL, as console lines show it."""
    parts = urlsplit(url)
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


class Sent(NamedTuple):
    """What came of sending a request: an exchange or a fault, and the exchanges before it."""

    request: Request
    exchange: Any = None
    fault: Fault | None = None
    earlier: tuple[Exchange, ...] = ()


_NO_TOKEN = Fault("auth", "not sent: the token step failed")


def send(request: Request, scheme: Scheme | None) -> Generator[Any, Any, Sent]:
    """Sends a request with its credentials; renews the token once when the API refuses it."""
    if scheme is None:
        return (yield from _send_once(request))
    if scheme.grant is None:
        sent = yield from _send_once(scheme.apply(request, None))
        return (yield from _answered(request, scheme, sent)) if scheme.answer else sent
    authorized = yield from _authorize(Authorize(scheme.grant))
    if authorized.token is None:
        return Sent(request, fault=_NO_TOKEN)
    ready = scheme.apply(request, authorized.token)
    sent = yield from _send_once(ready)
    if authorized.fresh or not _refused(sent, scheme.grant):
        return sent
    renewed = yield from _authorize(Authorize(scheme.grant, stale=authorized.result.number))
    if renewed.token is None:
        return Sent(ready, fault=_NO_TOKEN, earlier=(sent.exchange,))
    again = yield from _send_once(scheme.apply(request, renewed.token))
    return again._replace(earlier=(sent.exchange,))


def _answered(request: Request, scheme: Scheme, sent: Sent) -> Generator[Any, Any, Sent]:
    """Meets the challenge of a 401, and once more where the server finds the answer stale (RFC 7616 § 3.3)."""
    assert scheme.answer is not None
    for _ in range(MOST_ANSWERS):
        if sent.exchange is None or sent.exchange.response.status != 401 or not _came_from(sent):
            return sent
        again = scheme.answer(request, sent.exchange)
        if again is None:
            return sent
        earlier = (*sent.earlier, sent.exchange)
        sent = (yield from _send_once(again))._replace(earlier=earlier)
    return sent


def _authorize(wish: Authorize) -> Generator[Any, Any, Authorized]:
    authorized: Authorized = yield wish
    yield TokenFinished(authorized.result)
    return authorized


def _send_once(request: Request) -> Generator[Any, Any, Sent]:
    reply: Exchange | TransportError = yield Send(request)
    if isinstance(reply, TransportError):
        return Sent(request, fault=_transport_fault(reply))
    return Sent(request, exchange=reply)


def _transport_fault(error: TransportError) -> Fault:
    return Fault(error.kind, error.message, (), error.hint, error.span)


def _refused(sent: Sent, grant: Grant) -> bool:
    """Whether the API itself refused the token: not another origin, reached by a redirect, which never got it."""
    if sent.exchange is None:
        return False
    return sent.exchange.response.status in grant.refresh_on and _came_from(sent)


def _came_from(sent: Sent) -> bool:
    """Whether the answer is that of the origin that was asked."""
    return _stayed(sent.request.url, sent.exchange.response.url or sent.request.url)


def _stayed(asked: str, answered: str) -> bool:
    """Whether credentials went along: to the same origin, or from http:80 to https:443 of one host."""
    here, there = origin(asked), origin(answered)
    return here == there or (here[0], here[2], there[0], there[2], here[1]) == ("http", 80, "https", 443, there[1])


_PORTS: Mapping[str, int] = {"http": 80, "https": 443}


def origin(url: str) -> tuple[str, str, int]:
    """Scheme, host and port of a URL (RFC 6454 § 4)."""
    parts = urlsplit(url)
    return parts.scheme, parts.hostname or "", parts.port or _PORTS.get(parts.scheme, 0)


# --- judging -------------------------------------------------------------------------------------------------------


def _judged(step: Step, scope: Scope, state: _State, exchange: Exchange, result: StepResult) -> StepResult:
    document = exchange.view(scope)
    verdicts = _take_captures(step, document, scope, state)
    verdicts += [assertions.judge(assertion, document, scope) for assertion in step.asserts]
    if step.spec.schema is not None and state.plan.schemas is not None:
        verdicts.append(assertions.judge_schema(step.spec.schema, state.plan.schemas, document, scope))
    if step.spec.snapshot is not None:
        verdicts.append(_judge_snapshot(step.spec.snapshot, result.name, document, state))
    if not _looks_at_status(step):
        default = assertions.judge_default(document, step.spec.name_span)
        if default is not None:
            verdicts.insert(0, default)
    if step.spec.body is not None and step.spec.body.kind == "graphql":
        from runner.engine import graphql  # few files speak it

        verdicts[:0] = graphql.judge(step.asserts, document, step.spec.body.span)
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


def _looks_at_status(step: Step) -> bool:
    if any(map(assertions.looks_at_status, step.asserts)):
        return True
    return step.spec.snapshot is not None and ("status",) not in step.spec.snapshot.ignore


def _judge_snapshot(snapshot: Snapshot, name: str, document: ResponseDocument, state: _State) -> Verdict:
    from runner.engine import snapshots  # only where a file uses them

    if not state.hidden:
        _hide_secrets(state)
    taken = state.session.redactor.apply(snapshots.without(snapshots.take(document), snapshot.ignore))
    if state.session.keep is None:
        return snapshots.judge(snapshot, taken, state.plan.kept, name)
    state.session.keep(state.plan.collection.source.path, name, taken)
    return Verdict(True, "snapshot", snapshot.span, subject="snapshot")


def _hide_secrets(state: _State) -> None:
    """Makes every secret of the collection known, also one that no request has used yet: a snapshot lasts.

    They are evaluated aside, as a variable has its value from when it is first used.
    """
    state.hidden = True
    aside = _start(state.plan, state.session)
    scope = Scope(aside.outer, aside.shared)
    for name in state.plan.collection.secrets:
        with suppress(ResolveError):  # what has no value now cannot be in a response
            scope[name]


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
