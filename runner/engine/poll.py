"""`poll`: a request is sent again after an interval, until a response is what was waited for.

    send ─▶ judge ─▶ good, or never to be good: end
      ▲       └───▶ not yet: Wait ─┐   (the time is over: end)
      └────────────────────────────┘

What "good" means is handed in; captures and assertions see the last response only. It must not know steps.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any, NamedTuple

from runner.engine import assertions
from runner.engine.auth.base import Scheme
from runner.engine.build import setting
from runner.engine.exchange import Exchange, Request, Wait
from runner.engine.results import Verdict
from runner.engine.retry import Attempts, seconds
from runner.engine.scope import Scope
from runner.engine.sending import Sent
from runner.language.model import Assertion, Expression, Poll

_INTERVAL = 1.0
_TIMEOUT = 60.0
#: Seconds that an ask may take which is sent when the time is all but over.
_LAST_ASK = 1.0


class Judged(NamedTuple):
    """What a response is to a poll. `good`: it is what was waited for; `hopeless`: no later one can be."""

    good: bool
    hopeless: bool = False
    verdict: Verdict | None = None


Judge = Callable[[Exchange], Judged]


class Polled(NamedTuple):
    """What a poll came to: the last response or a fault, how often it asked, and why it is not what was waited for."""

    sent: Sent
    asked: int
    verdict: Verdict | None = None
    note: str = ""


def judge_until(until: Expression, scope: Scope) -> Judge:
    """A judge by an expression; a value that is neither true, false nor null is a fault of the expression."""

    def judge(exchange: Exchange) -> Judged:
        verdict = assertions.judge(Assertion(until, span=until.span), exchange.view(scope), scope)
        hopeless = any(value is not None and not isinstance(value, bool) for value in verdict.actual)
        return Judged(verdict.passed, hopeless, verdict._replace(text=f"until: {until.text}", subject="until"))

    return judge


def poll(
    attempts: Attempts, request: Request, scheme: Scheme | None, declared: Poll, scope: Scope, judge: Judge
) -> Generator[Any, Any, Polled]:
    """Asks until a response is good, or the time is over.

    Raises:
        ResolveError: `interval` or `timeout` has no valid value.
    """
    interval = setting(declared.interval, "interval", scope, _INTERVAL)
    clock = attempts.clock
    began = clock()
    ends = began + setting(declared.timeout, "timeout", scope, _TIMEOUT)
    last, judged = Sent(request), Judged(False)
    asked = 0
    while True:
        asked += 1
        within = min(request.timeout, max(ends - clock(), _LAST_ASK))
        sent = yield from attempts.send(request._replace(timeout=within), scheme, ends)
        over = clock() >= ends
        if sent.fault is not None and not (over and last.exchange and sent.fault.kind == "timeout"):
            return Polled(sent, asked)
        if sent.fault is None:
            last, judged = sent, judge(sent.exchange)
        if judged.good or judged.hopeless or over:
            break
        attempts.leave(sent.exchange)
        yield Wait(min(interval, ends - clock()))
    attempts.return_to(last.exchange)
    if judged.good:
        return Polled(last, asked)
    note = "" if judged.hopeless else f"asked {_times(asked)} in {seconds(clock() - began)}"
    return Polled(last, asked, judged.verdict, note)


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"
