"""One request on its way: its token before it, a refused token renewed once, a challenge met. Generators without I/O.

    Authorize(grant)  → Authorized
    Send(request)     → Exchange | TransportError

After Ctrl-C, which comes as KeyboardInterrupt, what is under way ends with a fault of its own.

    token → send → (401: new token, or the answer to a challenge → send again)

It must not know steps, scopes or assertions, nor how often a request is tried (`retry`).
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any, NamedTuple

from runner.engine.auth.base import MOST_ANSWERS, Scheme
from runner.engine.events import TokenFinished
from runner.engine.exchange import Exchange, Grant, Request, Send, Token
from runner.engine.origins import is_home
from runner.engine.results import CUT_SHORT, Fault, Outcome, TokenResult
from runner.errors import TransportError


class Authorize(NamedTuple):
    """The wish for a token. `stale` is the number of one that the API refused: a newer one is wanted."""

    grant: Grant
    stale: int | None = None


class Authorized(NamedTuple):
    """The answer to Authorize: without a token the fetch failed. `fresh` if it was fetched for this very wish."""

    result: TokenResult
    token: Token | None
    fresh: bool = False


class Sent(NamedTuple):
    """What came of sending a request: an exchange or a fault, and the exchanges before it.

    `fetched` is the number of the token that was fetched for it, 0 if none was.
    """

    request: Request
    exchange: Any = None
    fault: Fault | None = None
    earlier: tuple[Exchange, ...] = ()
    fetched: int = 0


_NO_TOKEN = Fault("auth", "not sent: the token step failed")


def send(
    request: Request, scheme: Scheme | None, clock: Callable[[], float], fetched: int = 0
) -> Generator[Any, Any, Sent]:
    """Sends a request with its credentials; renews the token once when the API refuses it.

    `fetched` is what an earlier attempt at the same request gave: a token that was fetched for it is not renewed.
    """
    if scheme is None:
        return (yield from _send_once(request))
    if scheme.grant is None:
        sent = yield from _send_once(scheme.apply(request, None))
        return (yield from _answered(request, scheme, sent)) if scheme.answer else sent
    authorized = yield from _authorize(Authorize(scheme.grant), clock)
    if authorized.token is None:
        return Sent(request, fault=_NO_TOKEN)
    ready = scheme.apply(request, authorized.token)
    sent = yield from _send_once(ready)
    number = authorized.result.number
    if authorized.fresh or number == fetched or not _refused(sent, scheme.grant):
        return sent._replace(fetched=number if authorized.fresh else fetched)
    renewed = yield from _authorize(Authorize(scheme.grant, stale=number), clock)
    if renewed.token is None:
        return Sent(ready, fault=_NO_TOKEN, earlier=(sent.exchange,))
    again = yield from _send_once(scheme.apply(request, renewed.token))
    return again._replace(earlier=(sent.exchange,), fetched=renewed.result.number)


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


def _authorize(wish: Authorize, clock: Callable[[], float]) -> Generator[Any, Any, Authorized]:
    began = clock()
    try:
        authorized: Authorized = yield wish
    except KeyboardInterrupt:
        yield TokenFinished(_cut_short(wish, clock() - began))
        raise
    yield TokenFinished(authorized.result)
    return authorized


def _cut_short(wish: Authorize, elapsed: float) -> TokenResult:
    """A fetch that Ctrl-C met, told once for all who waited for it."""
    grant = wish.grant
    message = f"{grant.method} {grant.url} was {CUT_SHORT.message}"
    return TokenResult(
        name=grant.name,
        method=grant.method,
        url=grant.url,
        outcome=Outcome.ERRORED,
        number=(wish.stale or 0) + 1,
        key=(grant.identity, CUT_SHORT),
        elapsed=elapsed,
        fault=CUT_SHORT._replace(message=message, span=grant.span),
        span=grant.span,
    )


def _send_once(request: Request) -> Generator[Any, Any, Sent]:
    try:
        reply: Exchange | TransportError = yield Send(request)
    except KeyboardInterrupt:
        return Sent(request, fault=CUT_SHORT)
    if isinstance(reply, TransportError):
        return Sent(request, fault=transport_fault(reply))
    return Sent(request, exchange=reply)


def transport_fault(error: TransportError) -> Fault:
    """The fault of a request that could not be sent, or got no whole answer."""
    return Fault(error.kind, error.message, (), error.hint, error.span)


def _refused(sent: Sent, grant: Grant) -> bool:
    """Whether the API itself refused the token: not another origin, reached by a redirect, which never got it."""
    if sent.exchange is None:
        return False
    return sent.exchange.response.status in grant.refresh_on and _came_from(sent)


def _came_from(sent: Sent) -> bool:
    """Whether the answer is that of the origin that was asked."""
    return is_home(sent.request.url, sent.exchange.response.url or sent.request.url)
