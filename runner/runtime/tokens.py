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
from runner.engine.results import Fault, Outcome, TokenResult
from runner.engine.sending import Authorized
from runner.errors import AuthError, TransportError

if TYPE_CHECKING:
    from runner.runtime.person import Person
    from runner.runtime.token_cache import TokenCache

_LEEWAY = 300.0
#: Statuses by which a server refuses for good (RFC 6749 § 5.2, and 403 of servers that have it their way); with any
#: other one it stumbles, is busy, or somebody else answered.
_REFUSALS = frozenset({400, 401, 403})


@dataclass(slots=True, eq=False)
class _Slot:
    """The token of an identity. `had`: those that were here, with their refresh tokens. `told`: warnings, each once."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    token: Token | None = None
    ends: float | None = None
    result: TokenResult | None = None
    had: set[tuple[str, str]] = field(default_factory=set)
    told: set[str] = field(default_factory=set)
    warnings: tuple[str, ...] = ()

    def next_number(self) -> int:
        """The number of the next result."""
        return self.result.number + 1 if self.result else 1

    def warn(self, warning: str) -> None:
        """Has the next result tell a warning, unless one did before."""
        if warning and warning not in self.told:
            self.told.add(warning)
            self.warnings += (warning,)

    def taken_warnings(self) -> tuple[str, ...]:
        """What is to be told now."""
        warnings, self.warnings = self.warnings, ()
        return warnings


@dataclass(slots=True, eq=False)
class _Talk:
    """What was said in one fetch: every exchange, and the request that was sent last."""

    exchanges: list[Exchange] = field(default_factory=list)
    last: Request | None = None
    asked: float = 0.0

    def asked_for(self, grant: Grant) -> tuple[str, str]:
        """Method and URL of what was asked last; where nothing was yet, of what the grant is about to ask."""
        return (self.last.method, self.last.url) if self.last else (grant.method, grant.url)

    def refused(self) -> bool:
        """Whether the answer to a POST was a refusal: what a GET asks for is no token (RFC 6749 § 3.2)."""
        if not self.exchanges:
            return False
        last = self.exchanges[-1]
        return last.request.method == "POST" and last.response.status in _REFUSALS


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
            refused = self._fetch(slot, grant)
            if slot.token is not None:
                self._keep(slot, grant, cache)
            elif refused:
                cache.forget(grant.identity)
            return True

    def _take_kept(self, slot: _Slot, grant: Grant, cache: TokenCache) -> bool:
        """Takes a token that an earlier run kept; of one that has ended only the refresh token is of use."""
        kept = cache.read(grant.identity)
        token = kept.token
        slot.warn(kept.warning)
        if token is None or _pair(token) in slot.had:
            return False  # what we had is refused, about to end, or superseded where it could not be kept
        grant.hide([token.value, token.refresh_token])
        same = slot.token is not None and token.value == slot.token.value
        slot.had.add(_pair(token))
        slot.token = token
        slot.ends = None if kept.left is None else self._clock() + kept.left
        if same or (kept.left is not None and kept.left <= leeway(grant, token)):
            return False
        number = slot.next_number()
        slot.result = TokenResult(
            name=grant.name,
            method="POST" if token.token_url else grant.method,
            url=token.token_url or grant.url,
            outcome=Outcome.PASSED,
            number=number,
            key=(grant.identity, number),
            lifetime=kept.left,
            cached=True,
            warnings=slot.taken_warnings(),
            span=grant.span,
        )
        return True

    def _fetch(self, slot: _Slot, grant: Grant) -> bool:
        """Has the grant fetch a token; whether the server refused it for good (a broken line proves nothing)."""
        asked = self._clock()
        talk = _Talk()
        token: Token | None = None
        fault: Fault | None = None
        refused = False
        try:
            token = self._converse(grant, slot.token, talk)
            slot.had.add(_pair(token))
        except AuthError as error:
            refused = talk.refused() and not error.transient
            fault = Fault("auth", error.message, error.details, error.hint, grant.span)
        except TransportError as error:
            method, url = talk.asked_for(grant)
            fault = Fault("auth", f"{method} {url} got no answer: {error.message}", (), error.hint, grant.span)
        slot.token = token
        # Counted from the send: the server's clock starts somewhere in between (no trust in its wall clock).
        slot.ends = None if token is None or token.lifetime is None else talk.asked + token.lifetime
        slot.result = self._told(slot, grant, talk, fault, self._clock() - asked)
        return refused

    def _told(self, slot: _Slot, grant: Grant, talk: _Talk, fault: Fault | None, elapsed: float) -> TokenResult:
        """What is told of a fetch."""
        number = slot.next_number()
        method, url = talk.asked_for(grant)
        return TokenResult(
            name=grant.name,
            method=method,
            url=url,
            outcome=Outcome.ERRORED if fault else Outcome.PASSED,
            number=number,
            key=(grant.identity, number),
            status=talk.exchanges[-1].response.status if talk.exchanges else None,
            elapsed=elapsed,
            lifetime=slot.token.lifetime if slot.token else None,
            fault=fault,
            exchanges=tuple(talk.exchanges),
            warnings=slot.taken_warnings(),
            span=grant.span,
        )

    def _keep(self, slot: _Slot, grant: Grant, cache: TokenCache) -> None:
        """Keeps what was fetched."""
        assert slot.token is not None
        assert slot.result is not None
        left = None if slot.ends is None else slot.ends - self._clock()
        slot.warn(cache.write(grant.identity, replace(slot.token, lifetime=left)))
        slot.result = replace(slot.result, warnings=slot.result.warnings + slot.taken_warnings())

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


def _pair(token: Token) -> tuple[str, str]:
    return token.value, token.refresh_token


def leeway(grant: Grant, token: Token) -> float:
    """How long before its end a token is renewed, in seconds: as the file says, else 300, at most half its life."""
    return min(_LEEWAY, (token.lifetime or 0.0) / 2) if grant.leeway is None else grant.leeway
