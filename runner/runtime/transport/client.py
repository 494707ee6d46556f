"""Request → Exchange through httpx: connections, redirects, limits of time and size, the map of httpx's errors.

    send ─▶ hop ─▶ wire.encode_request ─▶ network.Network (httpx) ─▶ decoded ─▶ Response
             ▲                                                                     │
             └──────────────────────── wire.follow ◀── a redirect ─────────────────┘

It drives httpx's transport and not its client, whose redirects carry credentials away, and whose every instance
makes a TLS context. It must not know collections, variables, tokens or assertions, and raises nothing but
TransportError.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from time import perf_counter, time
from typing import Protocol

import httpx

from runner.diagnostics import counted
from runner.engine.exchange import Exchange, Headers, Redirect, Request, Response, Saved, SaveTo
from runner.errors import TransportError
from runner.runtime.transport import codings, wire
from runner.runtime.transport.cookies import CookieJar
from runner.runtime.transport.faults import proxy_refusal
from runner.runtime.transport.network import PEER, Deadline, Patience
from runner.runtime.transport.routes import Route, Routes
from runner.version import __version__

#: RFC 9110 § 9.2.2: asking twice is as good as once.
_IDEMPOTENT = frozenset({"GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"})

#: How many URLs of a circle of redirects are shown.
_SHOWN_URLS = 5

#: What of a redirect's body is read to keep its connection.
_REDIRECT_BODY = 65_536


class Transport(Protocol):
    """Sends requests: the seam of tests and of users."""

    def send(self, request: Request, jar: CookieJar | None) -> Exchange:
        """The exchange of a request; redirects are followed. Raises TransportError.

        A body that is not bytes comes from `payload.chunks`; one that comes back goes to `request.save_to.write`,
        where that is given and the status is below 400, and the Response then says so in `saved`.
        """

    def close(self) -> None:
        """Close all connections."""


class HttpTransport:
    """Sends requests over HTTP/1.1, or HTTP/2 where a request asks for it.

    Many threads may call `send` at once; they share connections.

    `connections` is how many may be open for each Connection setting and scheme.
    """

    def __init__(self, *, connections: int = 100, user_agent: str = f"request-runner/{__version__}") -> None:
        self._defaults: Headers = (
            ("Accept", "*/*"),
            ("Accept-Encoding", codings.accepted()),
            ("Connection", "keep-alive"),
            ("User-Agent", user_agent),
        )
        self._routes = Routes(connections)

    def close(self) -> None:
        self._routes.close()

    def send(self, request: Request, jar: CookieJar | None = None) -> Exchange:
        """The exchange of a request, whatever its status. Raises TransportError if no complete response came.

        Redirects are followed up to `max_redirects`; credentials go to the origin of `request.url` only.
        """
        began, started = time(), perf_counter()
        deadline = (Patience if request.each_wait else Deadline)(request.timeout)
        first = hop = wire.with_credentials_as_header(request) if "@" in request.url else request
        sent: Headers | None = None
        redirects: list[Redirect] = []
        set_cookies: list[str] = []
        while True:
            headers, response = self._hop(hop, jar, deadline)
            sent = sent or headers
            set_cookies += _stored_cookies(jar, response)
            location = _location(hop, response)
            if location is None:
                break
            redirects.append(Redirect(response.status, hop.url))
            _check_count(request, redirects, location)
            hop = wire.follow(first, hop, response.status, location)
        if redirects or set_cookies:
            response = response._replace(redirects=tuple(redirects), set_cookies=tuple(set_cookies))
        elapsed, timing = perf_counter() - started, deadline.timing()
        return Exchange(request._replace(headers=sent), response, elapsed, timing=timing, started=began)

    def _hop(self, request: Request, jar: CookieJar | None, deadline: Deadline) -> tuple[Headers, Response]:
        """One request and its response, on another connection if the first one turns out to be closed."""
        address, target = wire.locate(request.url)
        headers = wire.complete_headers(request, address, self._defaults, jar.pairs(request.url) if jar else [])
        deadline.begin()
        route = self._routes.to(request.connection, address)
        message = wire.encode_request(request, headers, wire.WrittenURL(route.url, target), deadline.as_timeouts())
        while True:
            try:
                return headers, _exchange(route, message, request, deadline)
            except TransportError as fault:
                # The server closed an idle connection just then. A new one was never `reused`, so this ends.
                stale = fault.kind == "reset" and deadline.reused and not deadline.head
                if not stale or request.method not in _IDEMPOTENT:
                    raise
            deadline.begin()


# One request, one response


def _exchange(route: Route, message: httpx.Request, request: Request, deadline: Deadline) -> Response:
    """Raises TransportError; whatever it raises, the connection is closed or back in its pool."""
    try:
        answer = route.network.handle_request(message)
        with closing(answer):
            return _response(answer, request, deadline, route)
    except httpx.RequestError as error:
        raise _fault(error, deadline, route.peer) from error
    finally:
        deadline.answer = None  # they hold each other, and both would stay until someone looks for such rings


def _response(answer: httpx.Response, request: Request, deadline: Deadline, route: Route) -> Response:
    if route.forwarded and answer.status_code == 407:
        raise proxy_refusal("407 Proxy Authentication Required")
    deadline.answer = answer
    deadline.enter("body")
    response = Response(
        status=answer.status_code,
        reason=answer.reason_phrase or httpx.codes.get_reason_phrase(answer.status_code),  # RFC 9112 § 4
        headers=wire.decode_headers(answer.headers),
        url=request.url,
        http_version=answer.http_version,
        peer=answer.extensions["network_stream"].get_extra_info(PEER),
    )
    if _location(request, response) is not None:
        _drain(answer)
        return response
    has_body = request.method != "HEAD" and answer.status_code not in (204, 304)
    if request.save_to and has_body and answer.status_code < 400:
        return response._replace(saved=_saved(request.save_to, answer))
    length = answer.headers.get("content-length", "")
    if has_body and length.isdecimal() and int(length) > request.max_body:  # a coding makes it larger, not smaller
        raise _too_large(f"{int(length):,} bytes are announced", request.max_body)
    pieces = _decoded(answer)
    if response.is_event_stream:
        from runner.runtime.transport.streams import events_of  # few answers are streams

        pieces = events_of(pieces, request.max_events)
    content = _read(pieces, request.max_body)
    return response._replace(content=content) if content else response


def _saved(to: SaveTo, answer: httpx.Response) -> Saved:
    """The body as a file; the bytes announced are those that will come, unless a coding stands between."""
    length = answer.headers.get("content-length", "")
    plain = length.isdecimal() and "content-encoding" not in answer.headers
    return Saved(to.name, to.write(_decoded(answer), int(length) if plain else None))


def _decoded(answer: httpx.Response) -> Iterator[bytes]:
    """The body without its codings."""
    said = answer.headers.get_list("content-encoding", split_commas=True)
    names = [name.strip().lower().removeprefix("x-") for name in said]  # RFC 9110 § 8.4.1.3: x-gzip is gzip
    names = [name for name in names if name not in ("", "identity")]
    return codings.decoded(answer.iter_raw(), names)


def _read(pieces: Iterator[bytes], limit: int) -> bytes:
    parts: list[bytes] = []
    size = 0
    for piece in pieces:
        size += len(piece)
        if size > limit:
            raise _too_large(f"more than {limit:,} bytes came", limit)
        parts.append(piece)
    return b"".join(parts)


def _too_large(found: str, limit: int) -> TransportError:
    message = f"the body is too large: {found}, max_body is {limit:,}"
    return TransportError("too-large", message, "raise `max_body`")


def _drain(answer: httpx.Response) -> None:
    """Read a redirect's body if it is short, for the connection's sake; nobody looks at it."""
    for _ in answer.iter_raw():
        if answer.num_bytes_downloaded > _REDIRECT_BODY:
            return


# Redirects and cookies


def _location(request: Request, response: Response) -> str | None:
    """Where a response sends us on to; None if it is the answer."""
    redirects = request.max_redirects and response.status in (301, 302, 303, 307, 308)  # RFC 9110 § 15.4
    return response.header("location") if redirects else None


def _check_count(request: Request, redirects: list[Redirect], location: str) -> None:
    if len(redirects) <= request.max_redirects:
        return
    count = f"more than {counted(request.max_redirects, 'redirect')}"
    if circle := _circle([redirect.url for redirect in redirects]):
        hint = "is a cookie or a login missing? `follow_redirects: false` shows the first of them"
        raise TransportError("redirect", f"{count}: they go in a circle, {circle}", hint)
    hint = "`follow_redirects` takes a higher number, or false"
    raise TransportError("redirect", f"{count}; the last went to {location}", hint)


def _circle(urls: list[str]) -> str:
    """The URLs from the last visit of the last one up to now, in words; `""` if it was never visited before."""
    last = urls[-1]
    if last not in urls[:-1]:
        return ""
    circle = urls[len(urls) - 2 - urls[-2::-1].index(last) :]
    most = circle if len(circle) <= _SHOWN_URLS else [*circle[: _SHOWN_URLS - 1], "…", last]
    return " → ".join(most)


def _stored_cookies(jar: CookieJar | None, response: Response) -> list[str]:
    values = [value for name, value in response.headers if name.lower() == "set-cookie"]
    if jar is not None and values:
        jar.store(response.url, values)
    return values


# httpx's errors

#: What httpx raises → what it means; whatever else it raises is about the server's bytes.
_FAULTS: dict[type[Exception], Callable[[Exception, Deadline], TransportError]] = {
    httpx.PoolTimeout: lambda _, deadline: deadline.over(),
    httpx.ProxyError: lambda error, _: proxy_refusal(str(error)),
    httpx.LocalProtocolError: lambda error, _: TransportError("protocol", f"the request is not valid HTTP: {error}"),
}


def _fault(error: httpx.RequestError, deadline: Deadline, peer: str) -> TransportError:
    known = _FAULTS.get(type(error))
    return known(error, deadline) if known else _broken_answer(error, deadline, peer)


def _broken_answer(error: Exception, deadline: Deadline, peer: str) -> TransportError:
    """The server's bytes are no HTTP message, or stop before it is complete."""
    if deadline.phase == "body":
        if deadline.closed:
            return TransportError("reset", f"the body is broken: the connection closed after {deadline.progress}")
        return TransportError("protocol", f"the body is broken: {error}")
    if not deadline.head:
        return TransportError("reset", f"{peer} closed the connection without an answer")
    if deadline.head.startswith(_TLS_RECORDS):
        return TransportError("tls", f"{peer} speaks TLS, not plain HTTP", "write https://")
    if deadline.closed:
        return TransportError("reset", f"{peer} closed the connection in the middle of its answer's header")
    return TransportError("protocol", f"the answer of {peer} is not valid HTTP: {error}")


#: The first bytes of a TLS alert and of a TLS handshake (RFC 8446 § 5.1).
_TLS_RECORDS = (b"\x15\x03", b"\x16\x03")
