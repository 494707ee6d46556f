"""One request: whatever goes wrong on the way becomes a StepResult, never an exception; Ctrl-C too.

    captures it waits for → conditions → delay → build → token → send → (401: new token, send again) → capture → judge
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from runner.engine import assertions, auth
from runner.engine.auth.base import MOST_ANSWERS, Scheme
from runner.engine.build import build, connection, setting
from runner.engine.events import Event, TokenFinished
from runner.engine.exchange import Exchange, Grant, Request, ResponseDocument, Send, Wait
from runner.engine.flow.scopes import scope_at, scope_of, start
from runner.engine.flow.session import CUT_SHORT, INTERRUPTED, Authorize, Authorized, Effect
from runner.engine.flow.session import State as _State
from runner.engine.flow.turns import Turn, unfulfilled, unmet
from runner.engine.plan import Step
from runner.engine.results import Fault, Outcome, StepResult, Verdict
from runner.engine.scope import Scope
from runner.errors import AuthError, ResolveError, TransportError
from runner.language.model import Snapshot
from runner.language.values import Value

# --- one request ---------------------------------------------------------------------------------------------------


def run_step(turn: Turn, state: _State) -> Generator[Effect | Event, Any, StepResult]:
    """Runs one request; its captures become visible to those after it."""
    step = replace(turn.step, name=turn.name) if turn.rows else turn.step
    result = _not_sent(turn, state)
    try:
        held = state.held(step)
        passed = "" if held else step.skip
        reason = held or passed or unmet(step.needs, step, state)
        if not reason:
            reason = passed = unfulfilled(step.conditions, step, turn.rows, state)
        if reason:
            state.passed.update(capture.name for capture in step.spec.captures if passed)
            _leave_captures(step, state, "was skipped")
            return replace(result, reason=reason)
        result = yield from _attempt(step, scope_of(step, turn.rows, state), state, result)
    except ResolveError as error:
        result = replace(result, outcome=Outcome.ERRORED, fault=_build_fault(error))
    except KeyboardInterrupt:
        state.session.stopped = INTERRUPTED
        _leave_captures(step, state, "was interrupted")
        return replace(result, reason=CUT_SHORT)
    if result.outcome is Outcome.ERRORED:
        _leave_captures(step, state, "got no response")
    return result


def leave_out(turn: Turn, state: _State) -> StepResult:
    """The one result of a loop that cannot begin."""
    for step in turn.steps:
        _leave_captures(step, state, "got no response" if turn.fault else "was skipped")
    result = _not_sent(turn, state)
    if turn.fault is not None:
        return replace(result, outcome=Outcome.ERRORED, fault=_build_fault(turn.fault))
    return replace(result, reason=turn.reason)


def _not_sent(turn: Turn, state: _State) -> StepResult:
    of_group = turn.loop is not None and turn.loop.of_group
    return StepResult(
        collection=state.title,
        name=turn.name,
        outcome=Outcome.SKIPPED,
        method="" if of_group else _static_method(turn.step),
        span=turn.span,
    )


def _static_method(step: Step) -> str:
    if isinstance(step.spec.method, str):
        return step.spec.method
    return "GET" if step.spec.body is None else "POST"


def _leave_captures(step: Step, state: _State, why: str) -> None:
    for capture in step.spec.captures:
        if not (why == "was skipped" and _declared_elsewhere(capture.name, state)):
            state.untaken[capture.name] = f"'{step.name}', which captures it, {why}"


def _declared_elsewhere(name: str, state: _State) -> bool:
    return any(layer.holds(name) for layer in (state.given, state.run, state.captures, *state.around))


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
        verdicts.append(_judge_snapshot(step.spec.snapshot, result, document, state))
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


def _judge_snapshot(snapshot: Snapshot, result: StepResult, document: ResponseDocument, state: _State) -> Verdict:
    from runner.engine import snapshots  # only where a file uses them

    collection = state.plan.collection
    name = snapshots.key(result.name, result.collection, collection.name)

    if not state.hidden:
        _hide_secrets(state)
    taken = state.session.redactor.apply(snapshots.without(snapshots.take(document), snapshot.ignore))
    if state.session.keep is None:
        return snapshots.judge(snapshot, taken, state.plan.kept, name)
    state.session.keep(collection.source.path, name, taken)
    return Verdict(True, "snapshot", snapshot.span, subject="snapshot")


def _hide_secrets(state: _State) -> None:
    """Makes every secret of the collection known, also one that no request has used yet: a snapshot lasts.

    They are evaluated aside, as a variable has its value from when it is first used.
    """
    state.hidden = True
    for scope, name in _secrets(start(state.plan, state.session, state.iteration)):
        with suppress(ResolveError):  # what has no value now cannot be in a response
            scope[name]


def _secrets(aside: _State) -> Iterator[tuple[Scope, str]]:
    """The names of all secrets, each with the scope that declares it; included files have their own."""
    collection = Scope((aside.given, aside.run, aside.captures, *aside.around), aside.shared)
    yield from ((collection, name) for name in aside.plan.collection.secrets)
    for step in aside.plan.steps:
        for depth, group in enumerate(step.groups, 1):
            yield from ((scope_at(step, (), depth, aside), name) for name in group.secrets)


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
    state.fresh.add(name)
    state.captures.values[name] = value
