"""The token store: one fetch per identity, however many threads and files ask; renewed before the token ends.

    authorize ─▶ slot: usable? ─▶ (disk: usable?) ─▶ fetch, by the refresh token if there is one ─▶ slot, disk

A slot per identity holds the last token. Whoever finds it missing, ending or refused fetches under the slot's lock, the
others wait and take what was fetched. A failed fetch is remembered: nobody asks a server the same question again.
This file knows no HTTP: `perform` sends, `clock` is monotonic, in seconds, `person` is whoever sits at the terminal.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from runner.engine.exchange import Ask, Exchange, Grant, Listen, Redirected, Request, Send, Token, TokenWish
from runner.engine.flow import Authorized
from runner.engine.results import Fault, Outcome, TokenResult
from runner.errors import AuthError, TransportError

if TYPE_CHECKING:
    from runner.runtime.person import Person
    from runner.runtime.token_cache import TokenCache

_LEEWAY = 300.0


@dataclass(slots=True, eq=False)
class _Slot:
    lock: threading.Lock = field(default_factory=threading.Lock)
    token: Token | None = None
    ends: float | None = None
    result: TokenResult | None = None
    warnings: tuple[str, ...] = ()


@dataclass(slots=True, eq=False)
class _Talk:
    """What was said in one fetch: every exchange, and the request that was sent last."""

    exchanges: list[Exchange] = field(default_factory=list)
    last: Request | None = None
    asked: float = 0.0


class TokenStore:
    """Tokens of one run, by identity. Safe for threads."""

    def __init__(
        self,
        perform: Callable[[Request], Exchange],
        clock: Callable[[], float],
        wait: Callable[[float], None],
        person: Person | None = None,
        cache: Callable[[], TokenCache] | None = None,
    ) -> None:
        self._perform = perform
        self._clock = clock
        self._wait = wait
        self._person = person
        self._cache = cache
        self._lock = threading.Lock()
        self._slots: dict[tuple[Any, ...], _Slot] = {}

    def authorize(self, grant: Grant, stale: int | None = None) -> Authorized:
        """A token that is fresh enough, fetched only if need be; `stale` is the number of one that was refused."""
        with self._lock:
            slot = self._slots.setdefault(grant.identity, _Slot())
        with slot.lock:
            fresh = not self._usable(slot, grant, stale) and self._renew(slot, grant)
            assert slot.result is not None
            return Authorized(slot.result, slot.token, fresh=fresh)

    def _usable(self, slot: _Slot, grant: Grant, stale: int | None) -> bool:
        if slot.result is None:
            return False
        if slot.token is None:
            return True  # a failure stays one
        if stale is not None and slot.result.number <= stale:
            return False
        return slot.ends is None or self._clock() < slot.ends - leeway(grant, slot.token)

    def _renew(self, slot: _Slot, grant: Grant) -> bool:
        """Gets another token into the slot; whether it was fetched just now."""
        if self._cache is None or grant.cache != "disk":
            self._fetch(slot, grant)
            return True
        cache = self._cache()
        if self._take_kept(slot, grant, cache):
            return False
        with cache.locked(grant.identity):
            if self._take_kept(slot, grant, cache):  # another process was faster
                return False
            self._fetch(slot, grant)
            self._keep(slot, grant, cache)
            return True

    def _take_kept(self, slot: _Slot, grant: Grant, cache: TokenCache) -> bool:
        """Takes a token that an earlier run kept; of one that has ended only the refresh token is of use."""
        kept = cache.read(grant.identity)
        token = kept.token
        if token is None:
            slot.warnings += (kept.warning,) if kept.warning and kept.warning not in slot.warnings else ()
            return False
        grant.hide([token.value, token.refresh_token])
        if slot.token is not None and token.value == slot.token.value:
            return False  # the one that was refused, or is about to end
        slot.token = token
        slot.ends = None if kept.left is None else self._clock() + kept.left
        if kept.left is not None and kept.left <= leeway(grant, token):
            return False
        number = slot.result.number + 1 if slot.result else 1
        slot.result = TokenResult(
            name=grant.name,
            method="POST" if token.token_url else grant.method,
            url=token.token_url or grant.url,
            outcome=Outcome.PASSED,
            number=number,
            key=(grant.identity, number),
            lifetime=kept.left,
            cached=True,
            span=grant.span,
        )
        return True

    def _fetch(self, slot: _Slot, grant: Grant) -> None:
        number = slot.result.number + 1 if slot.result else 1
        asked = self._clock()
        talk = _Talk()
        token: Token | None = None
        fault: Fault | None = None
        try:
            token = self._converse(grant, slot.token, talk)
        except AuthError as error:
            fault = Fault("auth", error.message, error.details, error.hint, grant.span)
        except TransportError as error:
            method, url = (talk.last.method, talk.last.url) if talk.last else (grant.method, grant.url)
            fault = Fault("auth", f"{method} {url} got no answer: {error.message}", (), error.hint, grant.span)
        slot.token = token
        # Counted from the send: the server's clock starts somewhere in between (no trust in its wall clock).
        slot.ends = None if token is None or token.lifetime is None else talk.asked + token.lifetime
        slot.result = TokenResult(
            name=grant.name,
            method=talk.last.method if talk.last else grant.method,
            url=talk.last.url if talk.last else grant.url,
            outcome=Outcome.ERRORED if fault else Outcome.PASSED,
            number=number,
            key=(grant.identity, number),
            status=talk.exchanges[-1].response.status if talk.exchanges else None,
            elapsed=self._clock() - asked,
            lifetime=token.lifetime if token else None,
            fault=fault,
            exchanges=tuple(talk.exchanges),
            warnings=slot.warnings,
            span=grant.span,
        )

    def _keep(self, slot: _Slot, grant: Grant, cache: TokenCache) -> None:
        """Keeps what was fetched; forgets what the server refused to renew (a broken line proves nothing)."""
        assert slot.result is not None
        if slot.token is None:
            if slot.result.status is not None and 400 <= slot.result.status < 500:
                cache.forget(grant.identity)
            return
        left = None if slot.ends is None else slot.ends - self._clock()
        warning = cache.write(grant.identity, replace(slot.token, lifetime=left))
        if warning and warning not in slot.result.warnings:
            slot.result = replace(slot.result, warnings=(*slot.result.warnings, warning))

    def _converse(self, grant: Grant, last: Token | None, talk: _Talk) -> Token:
        fetch = grant.fetch(last)
        try:
            wish = next(fetch)
            while True:
                try:
                    reply = self._granted(wish, talk)
                except (TransportError, AuthError) as error:
                    wish = fetch.throw(error)
                    continue
                wish = fetch.send(reply)
        except StopIteration as done:
            token: Token = done.value
            return token

    def _granted(self, wish: TokenWish, talk: _Talk) -> Exchange | Redirected | None:
        if isinstance(wish, Send):
            talk.last, talk.asked = wish.request, self._clock()
            exchange = self._perform(wish.request)
            talk.exchanges.append(exchange)
            return exchange
        if isinstance(wish, Listen):
            return self._who().listen(wish)
        if isinstance(wish, Ask):
            self._who().ask(wish)
        else:
            self._wait(wish.seconds)
        return None

    def _who(self) -> Person:
        if self._person is None:
            raise AuthError("this grant asks a person to sign in, and nobody is there")
        return self._person


def leeway(grant: Grant, token: Token) -> float:
    """How long before its end a token is renewed, in seconds: as the file says, else 300, at most half its life."""
    return min(_LEEWAY, (token.lifetime or 0.0) / 2) if grant.leeway is None else grant.leeway
