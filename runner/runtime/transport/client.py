"""Request → Exchange through httpx: connections, redirects, limits of time and size, the map of httpx's errors.

    send ─▶ hop ─▶ wire.encode_request ─▶ network.Network (httpx) ─▶ decoded ─▶ Response
             ▲                                                                     │
             └──────────────────────── wire.follow ◀── a redirect ─────────────────┘

It drives httpx's transport and not its client, whose redirects carry credentials away, and whose every instance
makes a TLS context. It must not know collections, variables, tokens or assertions, and raises nothing but
TransportError.
"""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from time import perf_counter, time
from typing import NamedTuple, Protocol

import httpx

from runner.engine.exchange import ClientCertificate, Connection, Exchange, Headers, Redirect, Request, Response
from runner.errors import TransportError
from runner.runtime.transport import wire
from runner.runtime.transport.cookies import CookieJar
from runner.runtime.transport.faults import proxy_refusal
from runner.runtime.transport.network import Deadline, Network, proxy_for, proxy_server
from runner.runtime.transport.tls import tls_context
from runner.version import __version__

#: RFC 9110 § 9.2.2: asking twice is as good as once.
_IDEMPOTENT = frozenset({"GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"})

#: What of a redirect's body is read to keep its connection.
_REDIRECT_BODY = 65_536

#: Bytes that one piece of a coded body may grow to: a layer of deflate makes at most a thousand of one.
_GROWN_PIECE = 1 << 22

#: The content codings that httpx decodes with what is installed; its client alone tells.
_CODINGS = httpx.Client(transport=httpx.BaseTransport(), trust_env=False).headers["accept-encoding"]


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

    def __init__(self, *, connections: int = 100, user_agent: str = f"request-runner/{__version__}") -> None:
        self._connections = connections
        self._defaults: Headers = (
            ("Accept", "*/*"),
            ("Accept-Encoding", _CODINGS),
            ("Connection", "keep-alive"),
            ("User-Agent", user_agent),
        )
        self._routes: dict[tuple[Connection, wire.Address], _Route] = {}
        self._networks: dict[tuple[_Tls, str, bool], Network] = {}
        self._contexts: dict[_Tls, ssl.SSLContext] = {}
        self._lock = threading.RLock()

    def close(self) -> None:
        with self._lock:
            networks = list(self._networks.values())
            self._networks.clear()
            self._routes.clear()
        for network in networks:
            network.close()

    def send(self, request: Request, jar: CookieJar | None = None) -> Exchange:
        """The exchange of a request, whatever its status. Raises TransportError if no complete response came.

        Redirects are followed up to `max_redirects`; credentials go to the origin of `request.url` only.
        """
        began, started = time(), perf_counter()
        deadline = Deadline(request.timeout)
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
            response = replace(response, redirects=tuple(redirects), set_cookies=tuple(set_cookies))
        return Exchange(replace(request, headers=sent), response, perf_counter() - started, began)

    def _hop(self, request: Request, jar: CookieJar | None, deadline: Deadline) -> tuple[Headers, Response]:
        """One request and its response, on another connection if the first one turns out to be closed."""
        address, target = wire.locate(request.url)
        headers = wire.complete_headers(request, address, self._defaults, jar.pairs(request.url) if jar else [])
        deadline.begin()
        route = self._route(request.connection, address)
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

    # Connections

    def _route(self, connection: Connection, address: wire.Address) -> _Route:
        key = connection, address
        route = self._routes.get(key)
        if route is None:
            with self._lock:
                proxy = proxy_for(connection.proxy, address.scheme, address.host, address.port)
                tls = _Tls(connection.verify, connection.certificate)
                network = self._network(tls, proxy, address.scheme == "https")
                url = httpx.URL(f"{address.scheme}://{address.name}")
                route = _Route(network, bool(proxy), url, f"{address.host}:{address.port}")
                self._routes[key] = route
        return route

    def _network(self, tls: _Tls, proxy: str, secure: bool) -> Network:
        """http and https have connections of their own, so that plain http never costs a TLS context."""
        key = tls, proxy, secure
        if key not in self._networks:
            context = self._context(tls) if secure else None
            # The proxy is not the server that the client's certificate is meant for.
            server = proxy_server(proxy, lambda: self._context(_Tls(tls.verify))) if proxy else None
            self._networks[key] = Network(context, server, self._connections)
        return self._networks[key]

    def _context(self, tls: _Tls) -> ssl.SSLContext:
        """One context for each TLS setting: it takes 20 to 50 ms to make."""
        if tls not in self._contexts:
            self._contexts[tls] = tls_context(tls.verify, tls.certificate)
        return self._contexts[tls]


class _Tls(NamedTuple):
    """What a TLS context is made of."""

    verify: bool | str
    certificate: ClientCertificate | None = None


class _Route(NamedTuple):
    """The connections that lead to an address, whether they go to a proxy, and the address for httpx and for people."""

    network: Network
    proxied: bool
    url: httpx.URL
    peer: str


# One request, one response


def _exchange(route: _Route, message: httpx.Request, request: Request, deadline: Deadline) -> Response:
    """Raises TransportError; whatever it raises, the connection is closed or back in its pool."""
    try:
        answer = route.network.handle_request(message)
        with closing(answer):
            return _response(answer, request, deadline, route)
    except httpx.RequestError as error:
        raise _fault(error, deadline, route.peer) from error


def _response(answer: httpx.Response, request: Request, deadline: Deadline, route: _Route) -> Response:
    if route.proxied and answer.status_code == 407:
        raise proxy_refusal("407 Proxy Authentication Required")
    deadline.phase, deadline.answer = "body", answer
    response = Response(
        status=answer.status_code,
        reason=answer.reason_phrase or httpx.codes.get_reason_phrase(answer.status_code),  # RFC 9112 § 4
        headers=wire.decode_headers(answer.headers),
        url=request.url,
        http_version=answer.http_version,
    )
    if _location(request, response) is not None:
        _drain(answer)
        return response
    length = answer.headers.get("content-length", "")
    has_body = request.method != "HEAD" and answer.status_code not in (204, 304)
    if has_body and length.isdecimal() and int(length) > request.max_body:  # a coding makes it larger, not smaller
        raise _too_large(f"{int(length):,} bytes are announced", request.max_body)
    content = _read(_decoded(answer), request.max_body)
    return replace(response, content=content) if content else response


def _decoded(answer: httpx.Response) -> Iterator[bytes]:
    """The body without its codings, as httpx undoes them, from pieces so small that none grows large at once."""
    said = answer.headers.get_list("content-encoding", split_commas=True)
    names = [name.strip().lower().removeprefix("x-") for name in said]  # RFC 9110 § 8.4.1.3: x-gzip is gzip
    names = [name for name in names if name not in ("", "identity")]
    if not names:
        return answer.iter_bytes()
    for name in names:
        _check_coding(name)
    piece = max(1, _GROWN_PIECE >> 10 * len(names))
    headers = {"content-encoding": ", ".join(names)}
    return httpx.Response(200, headers=headers, content=answer.iter_raw(piece)).iter_bytes()


def _check_coding(name: str) -> None:
    """httpx passes over a coding that it does not know, and would give its bytes for the body."""
    if name not in _CODINGS.split(", "):
        hint = "ask for another one: a header `Accept-Encoding: gzip`"
        raise TransportError("encoding", f"the content coding '{name}' of the body is not supported", hint)


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


# httpx's errors

#: What httpx raises → what it means; whatever else it raises is about the server's bytes.
_FAULTS: dict[type[Exception], Callable[[Exception, Deadline], TransportError]] = {
    httpx.PoolTimeout: lambda _, deadline: deadline.over(),
    httpx.ProxyError: lambda error, _: proxy_refusal(str(error)),
    httpx.LocalProtocolError: lambda error, _: TransportError("protocol", f"the request is not valid HTTP: {error}"),
    httpx.DecodingError: lambda error, deadline: _broken_coding(error, deadline),
}


def _fault(error: httpx.RequestError, deadline: Deadline, peer: str) -> TransportError:
    known = _FAULTS.get(type(error))
    return known(error, deadline) if known else _broken_answer(error, deadline, peer)


def _broken_coding(error: Exception, deadline: Deadline) -> TransportError:
    coding = deadline.answer.headers["content-encoding"] if deadline.answer else ""
    return TransportError("encoding", f"the body is not valid {coding}: {error}")


def _broken_answer(error: Exception, deadline: Deadline, peer: str) -> TransportError:
    """The server's bytes are no HTTP message, or stop before it is complete."""
    if deadline.phase == "body":
        reason = f"the connection closed after {deadline.progress}" if deadline.closed else str(error)
        return TransportError("protocol", f"the body is broken: {reason}")
    if not deadline.head:
        return TransportError("reset", f"{peer} closed the connection without an answer")
    if deadline.head.startswith(_TLS_RECORDS):
        return TransportError("tls", f"{peer} speaks TLS, not plain HTTP", "write https://")
    if deadline.closed:
        return TransportError("reset", f"{peer} closed the connection in the middle of its answer's header")
    return TransportError("protocol", f"the answer of {peer} is not valid HTTP: {error}")


#: The first bytes of a TLS alert and of a TLS handshake (RFC 8446 § 5.1).
_TLS_RECORDS = (b"\x15\x03", b"\x16\x03")
