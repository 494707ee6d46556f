"""`retry`: when an attempt that met a fault is followed by another one, and after which wait.

    Attempts.send ─▶ sending.send ─▶ a fault that may pass? ─▶ Wait ─▶ sending.send …

It serves a plain request, each ask of `poll` and each page of `paginate`. Clocks and chance are handed in. It must not
know assertions.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Generator
from typing import Any, NamedTuple

from runner.engine.auth.base import Scheme
from runner.engine.build import setting
from runner.engine.exchange import Exchange, Request, Response, Wait
from runner.engine.results import WAITING
from runner.engine.scope import Scope
from runner.engine.sending import Sent, send
from runner.language.model import Retry, Setting

#: The longest wait between two attempts, in seconds, whatever `delay`, `backoff` and the server say.
LONGEST_WAIT = 60.0
#: By how much chance lengthens a wait, so that clients that failed together do not come back together.
_JITTER = 0.25
#: RFC 9110 § 9.2.2: asking twice is as good as once.
_IDEMPOTENT = frozenset({"GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"})
#: Too many requests, and what gateways answer for a server that is not there just now.
_PASSING = frozenset({429, 502, 503, 504})
#: Kinds of TransportError that may pass; another try does not mend a certificate or a URL.
_CONNECTION_FAULTS = frozenset({"dns", "connect", "proxy", "timeout", "reset"})


class Policy(NamedTuple):
    """`retry` with its values: by itself, one attempt. `delay` in seconds."""

    attempts: int = 1
    delay: float = 1.0
    backoff: float = 2.0
    statuses: frozenset[int] = _PASSING
    methods: frozenset[str] = _IDEMPOTENT


_ONCE = Policy()


def policy(declared: Retry | None, scope: Scope) -> Policy:
    """The policy that `retry` declares.

    Raises:
        ResolveError: a template fails, or gives what cannot stand in its place.
    """
    if declared is None:
        return _ONCE
    return Policy(
        attempts=setting(declared.attempts, "attempts", scope, 3),
        delay=setting(declared.delay, "delay", scope, 1.0),
        backoff=setting(declared.backoff, "backoff", scope, 2.0),
        statuses=_any_of(declared.statuses, "statuses", scope, _PASSING),
        methods=_any_of(declared.methods, "methods", scope, _IDEMPOTENT),
    )


def _any_of(declared: tuple[Setting, ...] | None, name: str, scope: Scope, default: frozenset[Any]) -> frozenset[Any]:
    if declared is None:
        return default
    return frozenset().union(*(setting(item, name, scope, frozenset()) for item in declared))


class Attempts:
    """All attempts of one step: how many there were, what came before the last one, and why there was another.

    `clock` is in seconds from anywhere, `wall` in seconds since 1970, `chance` is from 0 up to 1. With `keep` the
    exchanges of earlier polls and pages are kept, too.
    """

    __slots__ = ("_chance", "_keep", "_policy", "_wall", "clock", "count", "earlier", "notes")

    def __init__(
        self,
        policy: Policy,
        clock: Callable[[], float],
        wall: Callable[[], float],
        chance: Callable[[], float],
        keep: bool,
    ) -> None:
        self.clock = clock
        self._policy, self._wall, self._chance, self._keep = policy, wall, chance, keep
        self.count = 0
        self.earlier: list[Exchange] = []
        self.notes: list[str] = []

    def send(self, request: Request, scheme: Scheme | None, ends: float = math.inf) -> Generator[Any, Any, Sent]:
        """Sends a request until an attempt meets no fault that may pass; no wait goes beyond `ends`, by the clock."""
        tried, fetched, delay = 0, 0, self._policy.delay
        while True:
            tried += 1
            sent = yield from send(request, scheme, self.clock, fetched)
            self.count += sent.fault is None or sent.fault.kind != "auth"  # without a token nothing was sent
            self.earlier += sent.earlier
            if tried == self._policy.attempts or not self._may_pass(sent) or not self._may_repeat(request):
                return sent
            wait, why = self._wait(sent, delay)
            if self.clock() + wait >= ends:
                return sent
            self.notes.append(f"attempt {tried}: {_met(sent)}; the next one after {seconds(wait)}{why}")
            if sent.exchange is not None:
                self.earlier.append(sent.exchange)
            try:
                yield Wait(wait)
            except KeyboardInterrupt:
                return Sent(sent.request, fault=WAITING)
            fetched, delay = sent.fetched, min(delay * self._policy.backoff, LONGEST_WAIT)

    def leave(self, exchange: Exchange) -> None:
        """Goes on from the exchange of a poll or page: what came of it is dropped unless somebody wants to see it."""
        if self._keep:
            self.earlier.append(exchange)
        else:
            self.earlier.clear()
            self.notes.clear()

    def return_to(self, exchange: Exchange) -> None:
        """Takes an exchange that was left for the last one, after all."""
        self.earlier[:] = [other for other in self.earlier if other is not exchange]

    def _may_pass(self, sent: Sent) -> bool:
        if sent.fault is not None:
            return sent.fault.kind in _CONNECTION_FAULTS
        return sent.exchange.response.status in self._policy.statuses

    def _may_repeat(self, request: Request) -> bool:
        """Whether asking again does no harm; if it may, says so. (Every body can be sent again: see `payload`.)"""
        if request.method.upper() in self._policy.methods:
            return True
        hint = f"`methods: [{request.method}]` allows it where asking twice does no harm"
        self.notes.append(f"not tried again: 'retry' is not for {request.method} here; {hint}")
        return False

    def _wait(self, sent: Sent, delay: float) -> tuple[float, str]:
        """Seconds until the next attempt, and who asks for them where it is the server."""
        asked = retry_after(sent.exchange.response, self._wall()) if sent.exchange is not None else None
        if asked is None:
            return min(delay * (1 + _JITTER * self._chance()), LONGEST_WAIT), ""
        if asked <= LONGEST_WAIT:
            return asked, ", as Retry-After says"
        return LONGEST_WAIT, f": Retry-After asks for {seconds(asked)}, but a wait is at most {seconds(LONGEST_WAIT)}"


def _met(sent: Sent) -> str:
    if sent.fault is not None:
        return sent.fault.message
    return f"{sent.exchange.response.status} {sent.exchange.response.reason}".rstrip()


def seconds(value: float) -> str:
    """A wait in words: `0.25 s`, `60 s`."""
    return f"{value:.0f} s" if value >= 10 else f"{round(value, 2):g} s"


def retry_after(response: Response, now: float) -> float | None:
    """The seconds that Retry-After asks for, a number or an HTTP-date (RFC 9110 § 10.2.3); None without a good one.

    A date is held against the server's own Date where it gave one, for clocks differ; else against `now`, the seconds
    since 1970.
    """
    value = (response.header("retry-after") or "").strip()
    if value.isascii() and value.isdigit():
        return float(value[:12])
    until = _since_1970(value)
    if until is None:
        return None
    sent = _since_1970(response.header("date") or "")
    return max(0.0, until - (now if sent is None else sent))


def _since_1970(date: str) -> float | None:
    from email.utils import mktime_tz, parsedate_tz  # takes the three forms of RFC 9110 § 5.6.7

    parsed = parsedate_tz(date)
    try:
        return float(mktime_tz(parsed)) if parsed else None
    except (ValueError, OverflowError):
        return None
