"""Request → Exchange over HTTP: connections, redirects, limits of time and size, the map of foreign errors.

    send ─▶ hop ─▶ wire.complete_headers ─▶ pool ─▶ network.Stream ─▶ wire.decoded ─▶ Response
             ▲                                                                           │
             └──────────────────────────── wire.follow ◀── a redirect ───────────────────┘

It stands on httpcore, the lower half of httpx: the deadline needs its network interface, and it costs less.
It must not know collections, variables, tokens or assertions, and raises nothing but TransportError.
"""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from time import perf_counter
from typing import Any, Protocol, cast

import httpcore

from runner.engine.exchange import Connection, Exchange, Headers, Redirect, Request, Response
from runner.errors import TransportError
from runner.runtime.transport.cookies import CookieJar
from runner.runtime.transport.network import Backend, Deadline
from runner.runtime.transport.proxies import proxy_for, proxy_refusal, proxy_server
from runner.runtime.transport.tls import tls_context
from runner.runtime.transport.wire import (
    REDIRECTS,
    Address,
    codings,
    complete_headers,
    decode_headers,
    decoded,
    encode_headers,
    encode_method,
    follow,
    locate,
    with_credentials_as_header,
)

#: Seconds that a connection may rest: less than servers keep it (Node: 5), so that no request meets one that
#: is just being closed.
_REST = 4.0

#: RFC 9110 § 9.2.2: asking twice is as good as once.
_IDEMPOTENT = frozenset({"GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"})

#: What of a redirect's body is read to keep its connection.
_REDIRECT_BODY = 65_536


class Transport(Protocol):
    """Sends requests: the seam of tests and of users."""

    def send(self, request: Request, jar: CookieJar | None) -> Exchange:
        """The exchange of a request; redirects are followed. Raises TransportError."""

    def close(self) -> None:
        """Close all connections."""


class HttpTransport:
    """Sends requests over HTTP/1.1. Many threads may call `send` at once; they share connections.

    `connections` is how many may be open for each Connection setting and scheme.
    """

    def __init__(self, *, connections: int = 100, user_agent: str = "runner") -> None:
        self._connections = connections
        self._defaults: Headers = (
            ("Accept", "*/*"),
            ("Accept-Encoding", "gzip, deflate"),
            ("Connection", "keep-alive"),
            ("User-Agent", user_agent),
        )
        self._routes: dict[tuple[Connection, Address], _Route] = {}
        self._pools: dict[tuple[bool | str, str, bool], httpcore.ConnectionPool] = {}
        self._contexts: dict[bool | str, ssl.SSLContext] = {}
        self._lock = threading.RLock()

    def close(self) -> None:
        with self._lock:
            pools = list(self._pools.values())
            self._pools.clear()
            self._routes.clear()
        for pool in pools:
            pool.close()

    def send(self, request: Request, jar: CookieJar | None = None) -> Exchange:
        """The exchange of a request, whatever its status. Raises TransportError if no complete response came.

        Redirects are followed up to `max_redirects`; credentials go to the origin of `request.url` only.
        """
        started = perf_counter()
        deadline = Deadline(request.timeout)
        first = hop = with_credentials_as_header(request) if "@" in request.url else request
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
            hop = follow(first, hop, response.status, location)
        if redirects or set_cookies:
            response = replace(response, redirects=tuple(redirects), set_cookies=tuple(set_cookies))
        return Exchange(replace(request, headers=sent), response, perf_counter() - started)

    def _hop(self, request: Request, jar: CookieJar | None, deadline: Deadline) -> tuple[Headers, Response]:
        """One request and its response, on another connection if the first one turns out to be closed."""
        address, target = locate(request.url)
        headers = complete_headers(request, address, self._defaults, jar.pairs(request.url) if jar else [])
        deadline.begin()
        message = httpcore.Request(
            encode_method(request.method),
            httpcore.URL(scheme=address.scheme, host=address.host, port=address.written_port, target=target),
            headers=encode_headers(headers),
            content=request.body or (),
            extensions={"timeout": deadline.as_timeouts()},
        )
        route = self._route(request.connection, address)
        while True:
            try:
                return headers, _exchange(route, message, request, deadline)
            except TransportError as fault:
                if not _may_repeat(fault, request, deadline):
                    raise
            deadline.begin()

    # Connections

    def _route(self, connection: Connection, address: Address) -> _Route:
        key = connection, address
        route = self._routes.get(key)
        if route is None:
            with self._lock:
                proxy = proxy_for(connection.proxy, address)
                pool = self._pool(connection.verify, proxy, address.scheme == "https")
                route = _Route(pool, proxy, address)
                self._routes[key] = route
        return route

    def _pool(self, verify: bool | str, proxy: str, secure: bool) -> httpcore.ConnectionPool:
        """http and https have pools of their own, so that plain http never costs a TLS context."""
        key = verify, proxy, secure
        if key not in self._pools:
            self._pools[key] = httpcore.ConnectionPool(
                ssl_context=self._context(verify) if secure else None,
                proxy=proxy_server(proxy, lambda: self._context(verify)) if proxy else None,
                max_connections=self._connections,
                keepalive_expiry=_REST,
                network_backend=Backend(proxied=bool(proxy)),
            )
        return self._pools[key]

    def _context(self, verify: bool | str) -> ssl.SSLContext:
        """One context for each TLS setting: it takes 20 to 50 ms to make."""
        if verify not in self._contexts:
            self._contexts[verify] = tls_context(verify)
        return self._contexts[verify]


class _Route:
    """The pool that leads to an address, and the proxy on the way (`""` for none)."""

    __slots__ = ("address", "pool", "proxy")

    def __init__(self, pool: httpcore.ConnectionPool, proxy: str, address: Address) -> None:
        self.pool = pool
        self.proxy = proxy
        self.address = address


# One request, one response


def _may_repeat(fault: TransportError, request: Request, deadline: Deadline) -> bool:
    """Whether the server closed an idle connection just then, and asking again does no harm.

    RFC 9110 § 9.2.2. It comes to an end, for a new connection was never `reused`.
    """
    stale = fault.kind == "reset" and deadline.reused and not deadline.received
    return stale and request.method in _IDEMPOTENT


def _exchange(route: _Route, message: httpcore.Request, request: Request, deadline: Deadline) -> Response:
    """Raises TransportError; whatever it raises, the connection is closed or back in its pool."""
    try:
        answer = route.pool.handle_request(message)
        with closing(answer):
            return _response(answer, request, deadline, route)
    except _FOREIGN as error:
        raise _fault(error, deadline, route.address) from error


def _response(answer: httpcore.Response, request: Request, deadline: Deadline, route: _Route) -> Response:
    headers = decode_headers(answer.headers)
    if route.proxy and answer.status == 407:
        raise proxy_refusal("407 Proxy Authentication Required")
    response = Response(
        status=answer.status,
        reason=answer.extensions["reason_phrase"].decode("latin-1") or _phrase(answer.status),
        headers=headers,
        url=request.url,
        http_version=answer.extensions["http_version"].decode("ascii"),
    )
    deadline.phase = "body"
    chunks = _counted(cast(Any, answer.stream), deadline)
    if _location(request, response) is not None:
        _drain(chunks, deadline)
        return response
    if request.method != "HEAD" and answer.status not in (204, 304):
        deadline.expected = _content_length(response)
        _check_announced(deadline.expected, request.max_body)
    content = _read(decoded(chunks, codings(headers)), request.max_body)
    return replace(response, content=content) if content else response


def _counted(chunks: Iterator[bytes], deadline: Deadline) -> Iterator[bytes]:
    for chunk in chunks:
        deadline.body += len(chunk)
        yield chunk


def _read(pieces: Iterator[bytes], limit: int) -> bytes:
    parts: list[bytes] = []
    size = 0
    for piece in pieces:
        size += len(piece)
        if size > limit:
            raise _too_large(f"more than {limit:,} bytes came", limit)
        parts.append(piece)
    return b"".join(parts)


def _drain(chunks: Iterator[bytes], deadline: Deadline) -> None:
    """Read a redirect's body if it is short, for the connection's sake; nobody looks at it."""
    for _ in chunks:
        if deadline.body > _REDIRECT_BODY:
            return


def _content_length(response: Response) -> int | None:
    length = response.header("content-length")
    return int(length) if length and length.isdecimal() else None


def _check_announced(length: int | None, limit: int) -> None:
    """A body that says it is too large is not read at all; a coding makes it larger, not smaller."""
    if length is not None and length > limit:
        raise _too_large(f"{length:,} bytes are announced", limit)


def _too_large(found: str, limit: int) -> TransportError:
    message = f"the body is too large: {found}, max_body is {limit:,}"
    return TransportError("too-large", message, "raise `max_body`")


def _phrase(status: int) -> str:
    """The usual phrase of a status where the server gives none (RFC 9112 § 4)."""
    from http import HTTPStatus

    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""


# Redirects and cookies


def _location(request: Request, response: Response) -> str | None:
    """Where a response sends us on to; None if it is the answer."""
    if response.status not in REDIRECTS or not request.max_redirects:
        return None
    return next((value for name, value in response.headers if name.lower() == "location"), None)


def _check_count(request: Request, redirects: list[Redirect], location: str) -> None:
    if len(redirects) > request.max_redirects:
        count = f"{request.max_redirects} redirect{'s' if request.max_redirects > 1 else ''}"
        raise TransportError(
            "redirect",
            f"more than {count}; the last went to {location}",
            "do they go in a circle? `follow_redirects` takes a higher number, or false",
        )


def _stored_cookies(jar: CookieJar | None, response: Response) -> list[str]:
    values = [value for name, value in response.headers if name.lower() == "set-cookie"]
    if jar is not None and values:
        jar.store(response.url, values)
    return values


# Foreign errors

_FOREIGN = (
    httpcore.RemoteProtocolError,
    httpcore.LocalProtocolError,
    httpcore.ProxyError,
    httpcore.PoolTimeout,
    httpcore.NetworkError,
)


def _fault(error: Exception, deadline: Deadline, address: Address) -> TransportError:
    if isinstance(error, httpcore.PoolTimeout):
        return deadline.over()
    if isinstance(error, httpcore.ProxyError):
        return proxy_refusal(str(error))
    if isinstance(error, httpcore.LocalProtocolError):
        return TransportError("protocol", f"the request is not valid HTTP: {error}")
    return _broken_answer(error, deadline, address)


def _broken_answer(error: Exception, deadline: Deadline, address: Address) -> TransportError:
    """The server's bytes are no HTTP message, or stop before it is complete."""
    peer = f"{address.host}:{address.port}"
    if deadline.phase == "body":
        reason = f"the connection closed after {deadline.progress}" if deadline.closed else str(error)
        return TransportError("protocol", f"the body is broken: {reason}")
    if not deadline.received:
        return TransportError("reset", f"{peer} closed the connection without an answer")
    if deadline.head.startswith(_TLS_RECORDS):
        return TransportError("tls", f"{peer} speaks TLS, not plain HTTP", "write https://")
    if deadline.closed:
        return TransportError("reset", f"{peer} closed the connection in the middle of its answer's header")
    return TransportError("protocol", f"the answer of {peer} is not valid HTTP: {error}")


#: The first bytes of a TLS alert and of a TLS handshake (RFC 8446 § 5.1).
_TLS_RECORDS = (b"\x15\x03", b"\x16\x03")
