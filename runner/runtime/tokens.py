"""The token store: one fetch per identity, however many threads and files ask; renewed before the token ends.

A slot per identity holds the last token. Whoever finds it missing, ending or refused fetches under the slot's lock, the
others wait and take what was fetched. A failed fetch is remembered: nobody asks a server the same question again.
This file knows no HTTP: `perform` sends, `clock` is monotonic, in seconds.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from runner.engine.exchange import Exchange, Grant, Request, Send, Token
from runner.engine.flow import Authorized
from runner.engine.results import Fault, Outcome, TokenResult
from runner.errors import AuthError, TransportError

_LEEWAY = 300.0


@dataclass(slots=True, eq=False)
class _Slot:
    lock: threading.Lock = field(default_factory=threading.Lock)
    token: Token | None = None
    ends: float | None = None
    result: TokenResult | None = None


class TokenStore:
    """Tokens of one run, by identity. Safe for threads."""

    def __init__(
        self,
        perform: Callable[[Request], Exchange],
        clock: Callable[[], float],
        wait: Callable[[float], None],
    ) -> None:
        self._perform = perform
        self._clock = clock
        self._wait = wait
        self._lock = threading.Lock()
        self._slots: dict[tuple[Any, ...], _Slot] = {}

    def authorize(self, grant: Grant, stale: int | None = None) -> Authorized:
        """A token that is fresh enough, fetched only if need be; `stale` is the number of one that was refused."""
        with self._lock:
            slot = self._slots.setdefault(grant.identity, _Slot())
        with slot.lock:
            if self._usable(slot, grant, stale):
                assert slot.result is not None
                return Authorized(slot.result, slot.token)
            self._fetch(slot, grant)
            assert slot.result is not None
            return Authorized(slot.result, slot.token, fresh=True)

    def _usable(self, slot: _Slot, grant: Grant, stale: int | None) -> bool:
        if slot.result is None:
            return False
        if slot.token is None:
            return True  # a failure stays one
        if stale is not None and slot.result.number <= stale:
            return False
        return slot.ends is None or self._clock() < slot.ends - leeway(grant, slot.token)

    def _fetch(self, slot: _Slot, grant: Grant) -> None:
        number = slot.result.number + 1 if slot.result else 1
        asked = self._clock()
        exchanges: list[Exchange] = []
        token: Token | None = None
        fault: Fault | None = None
        try:
            token = self._converse(grant, exchanges)
        except AuthError as error:
            fault = Fault("auth", error.message, error.details, error.hint, grant.span)
        except TransportError as error:
            message = f"{grant.method} {grant.url} got no answer: {error.message}"
            fault = Fault("auth", message, (), error.hint, grant.span)
        slot.token = token
        # Counted from the send: the server's clock starts somewhere in between (no trust in its wall clock).
        slot.ends = None if token is None or token.lifetime is None else asked + token.lifetime
        slot.result = TokenResult(
            name=grant.name,
            method=grant.method,
            url=grant.url,
            outcome=Outcome.ERRORED if fault else Outcome.PASSED,
            number=number,
            key=(grant.identity, number),
            status=exchanges[-1].response.status if exchanges else None,
            elapsed=self._clock() - asked,
            lifetime=token.lifetime if token else None,
            fault=fault,
            exchanges=tuple(exchanges),
            span=grant.span,
        )

    def _converse(self, grant: Grant, exchanges: list[Exchange]) -> Token:
        fetch = grant.fetch()
        try:
            wish = next(fetch)
            while True:
                if isinstance(wish, Send):
                    try:
                        exchange = self._perform(wish.request)
                    except TransportError as error:
                        wish = fetch.throw(error)
                        continue
                    exchanges.append(exchange)
                    wish = fetch.send(exchange)
                else:
                    self._wait(wish.seconds)
                    wish = fetch.send(None)
        except StopIteration as done:
            token: Token = done.value
            return token


def leeway(grant: Grant, token: Token) -> float:
    """How long before its end a token is renewed, in seconds: as the file says, else 300, at most half its life."""
    return min(_LEEWAY, (token.lifetime or 0.0) / 2) if grant.leeway is None else grant.leeway
