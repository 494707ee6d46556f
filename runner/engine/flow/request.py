"""One request: whatever goes wrong on the way becomes a StepResult, never an exception; Ctrl-C too.

captures it waits for → conditions → delay → build → token → send → (401: new token, send again) → capture → judge
                                                       ▲         └▶ retry · poll · paginate
                                                       └─────────────┘
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

from runner.engine import assertions, auth
from runner.engine.build import build, connection, setting
from runner.engine.events import Event
from runner.engine.exchange import Exchange, Request, ResponseDocument, Wait
from runner.engine.flow.scopes import scope_at, scope_of, start
from runner.engine.flow.session import INTERRUPTED, Effect
from runner.engine.flow.session import State as _State
from runner.engine.flow.turns import Turn, unfulfilled, unmet
from runner.engine.plan import Step
from runner.engine.repeat import Came, fetch
from runner.engine.results import WAITING, Fault, Outcome, StepResult, Verdict
from runner.engine.retry import Attempts, policy
from runner.engine.scope import Scope
from runner.engine.sending import Sent, transport_fault
from runner.errors import AuthError, ResolveError, TransportError
from runner.language.model import Snapshot
from runner.language.values import Value
from runner.redaction import MASK

# --- one request ---------------------------------------------------------------------------------------------------


def run_step(turn: Turn, state: _State) -> Generator[Effect | Event, Any, StepResult]:
    """Runs one request; its captures become visible to those after it."""
    step = turn.step._replace(name=turn.name) if turn.rows else turn.step
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
            return result._replace(reason=reason)
        result = yield from _attempt(step, scope_of(step, turn.rows, state), state, result)
    except ResolveError as error:
        result = result._replace(outcome=Outcome.ERRORED, fault=_build_fault(error))
    except KeyboardInterrupt:
        return not_begun(turn, state)
    if result.interrupted:
        state.session.stopped = INTERRUPTED
        _leave_captures(step, state, "was interrupted")
    elif result.outcome is Outcome.ERRORED:
        _leave_captures(step, state, "got no response")
    return result


def leave_out(turn: Turn, state: _State) -> StepResult:
    """The one result of a loop that cannot begin."""
    for step in turn.steps:
        _leave_captures(step, state, "got no response" if turn.fault else "was skipped")
    result = _not_sent(turn, state)
    if turn.fault is not None:
        return result._replace(outcome=Outcome.ERRORED, fault=_build_fault(turn.fault))
    return result._replace(reason=turn.reason)


def not_begun(turn: Turn, state: _State) -> StepResult:
    """The result of one that Ctrl-C met before it was sent."""
    state.session.stopped = INTERRUPTED
    step = turn.step._replace(name=turn.name) if turn.rows else turn.step
    _leave_captures(step, state, "was interrupted")
    return _not_sent(turn, state)._replace(reason=INTERRUPTED)


def slim(result: StepResult) -> StepResult:
    """A result without its exchanges: bodies are dropped once judged and reported."""
    if result.exchange is None and result.unanswered is None:
        return result
    return result._replace(exchange=None, earlier=(), unanswered=None)


def _not_sent(turn: Turn, state: _State) -> StepResult:
    of_group = turn.loop is not None and turn.loop.of_group
    return StepResult(
        collection=state.title,
        name=turn.name,
        outcome=Outcome.SKIPPED,
        method="" if of_group else _static_method(turn.step),
        span=turn.span,
        groups=tuple(group.name for group in turn.step.groups if group.name),
        tags=tuple(sorted(turn.step.tags)),
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
    wire = connection(step.settings, scope, flags)
    scheme = auth.prepare(step.auth, scope, wire, request.timeout, step.login, flags)
    session = state.session
    times = policy(step.settings.retry, scope)
    attempts = Attempts(times, session.clock, session.wall, session.chance, session.keep_exchanges)

    def passes(exchange: Exchange) -> bool:
        return _judged(step, scope, state, exchange, result).outcome is Outcome.PASSED

    began = session.clock()
    try:
        came = yield from fetch(step.spec, request, scheme, scope, attempts, passes)
    except AuthError as error:
        fault = Fault("auth", error.message, error.details, error.hint, step.auth and step.auth.span)
        came = Came(Sent(request, fault=fault))
    except TransportError as error:  # a file that had to be signed
        came = Came(Sent(request, fault=transport_fault(error)))
    sent = came.sent
    result = _as_sent(result, request, came, attempts, session.redactor.text)
    if sent.fault is not None:
        result = result._replace(outcome=Outcome.ERRORED, fault=_placed(sent.fault, step))
        if sent.fault.kind == "auth":
            return result
        elapsed = session.clock() - began
        unanswered = None if sent.fault is WAITING else sent.request
        return result._replace(elapsed=elapsed, started=session.wall() - elapsed, unanswered=unanswered)
    result = _judged(step, scope, state, sent.exchange, result, came.items)
    if came.verdict is None:
        return result
    return result._replace(outcome=Outcome.FAILED, verdicts=(came.verdict, *result.verdicts))


def _as_sent(
    result: StepResult, request: Request, came: Came, attempts: Attempts, mask: Callable[[str], str]
) -> StepResult:
    """A result with what was sent, and how often; of several pages it names the first."""
    notes = (*attempts.notes, came.note) if came.note else tuple(attempts.notes)
    return result._replace(
        method=request.method,
        url=request.url if came.pages > 1 else came.sent.request.url,
        path=path_of(mask(request.url)),  # of a part alone it could not be told that it is one of a secret
        earlier=tuple(attempts.earlier),
        attempts=attempts.count,
        polls=came.polls,
        pages=came.pages,
        notes=notes,
    )


def _placed(fault: Fault, step: Step) -> Fault:
    """A body over the limit has its place where the limit is written, else where the request is."""
    if fault.kind != "too-large":
        return fault
    limit = step.settings.max_body
    return fault._replace(span=limit.span if limit else step.spec.name_span)


def path_of(url: str) -> str:
    """The path and query of a URL, as console lines show it; of one that is masked up to its host, the mask."""
    parts = urlsplit(url)
    path = parts.path or (MASK if parts.netloc.endswith(MASK) else "/")
    return path + (f"?{parts.query}" if parts.query else "")


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

        verdicts[:0] = graphql.judge(step.spec, step.asserts, document, step.spec.body.span)
    failed = any(not verdict.passed for verdict in verdicts)
    return result._replace(
        outcome=Outcome.FAILED if failed else Outcome.PASSED,
        status=exchange.response.status,
        elapsed=exchange.elapsed,
        started=(*result.earlier, exchange)[0].started,
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
            state.fresh.discard(capture.name)  # an earlier response of a poll may have had it
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
