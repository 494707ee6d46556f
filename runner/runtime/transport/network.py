"""httpx's transport over sockets that keep one deadline for a whole send, and the proxies it takes.

    Deadline ──(httpx passes it on as timeout)──▶ Backend.connect_tcp ──▶ Stream.start_tls · write · read

httpx's timeouts are for each read, so a server that drips a byte a second holds a request for ever. Here every
wait is for what is left of the `Deadline`. This file must not know requests, redirects or cookies. It alone
imports httpcore, the engine of httpx, whose network interface it fills in.
"""

from __future__ import annotations

import queue
import socket
import ssl
import threading
from collections.abc import Callable
from contextlib import suppress
from time import monotonic
from typing import Any, cast
from urllib.request import getproxies, proxy_bypass

import httpcore
import httpx

from runner.errors import TransportError
from runner.runtime.transport.faults import connect_fault, reason, timeout_fault, tls_fault

#: Seconds that a connection may rest: less than servers keep it (Node: 5), so that no request meets one that
#: is just being closed.
_REST = 4.0

#: Bytes of one write: few enough that the system takes them at once, so that no write waits twice.
_PIECE = 16_384

_Addresses = list[tuple[Any, ...]]


class Network(httpx.HTTPTransport):
    """httpx's transport, but its sockets keep the deadline. `context` is None for plain http."""

    def __init__(self, context: ssl.SSLContext | None, proxy: httpx.Proxy | None, connections: int) -> None:
        limits = httpx.Limits(max_connections=connections, keepalive_expiry=_REST)
        try:
            super().__init__(verify=context or False, proxy=proxy, limits=limits)
        except ImportError:
            hint = "pip install httpx[socks]"
            raise TransportError("proxy", "a SOCKS proxy needs the package socksio", hint) from None
        # httpx has no argument for what httpcore documents as `ConnectionPool(network_backend=…)`: this is the
        # one place that reaches past its interface.
        self._pool._network_backend = Backend(proxied=proxy is not None)


class Deadline(float):
    """The seconds a whole send may take, when they are over, and how far the send has come.

    It is a float so that httpx takes it as a timeout; `Stream` gets it back with every read and write.
    """

    __slots__ = ("answer", "closed", "ends", "head", "phase", "reused")
    each_wait = False

    def __init__(self, seconds: float) -> None:
        self.ends = monotonic() + seconds
        self.begin()

    def begin(self) -> None:
        """Start another request within the same time."""
        self.phase = "pool"
        #: Whether the connection had served a request before, and whether the peer has closed it.
        self.reused = self.closed = False
        #: The first bytes of the answer, and the answer once its header is complete.
        self.head = b""
        self.answer: httpx.Response | None = None

    def as_timeouts(self) -> dict[str, float]:
        """What httpx wants as timeouts; it waits for a free connection itself."""
        return {"connect": self, "read": self, "write": self, "pool": self.left()}

    def left(self) -> float:
        """Seconds that are left; a TransportError if there are none."""
        left = self.ends - monotonic()
        if left <= 0:
            raise self.over()
        return left

    def over(self) -> TransportError:
        """What to say when the time is over, by the phase that it ended in."""
        phase = "header" if self.phase == "wait" and self.head else self.phase
        return timeout_fault(phase, float(self), self.progress, each_wait=self.each_wait)

    @property
    def progress(self) -> str:
        """How much of the body has come, as a person says it."""
        if self.answer is None:
            return "0 bytes"
        length = self.answer.headers.get("content-length")
        return f"{self.answer.num_bytes_downloaded}{f' of {length}' if length else ''} bytes"


class Patience(Deadline):
    """The seconds that each wait of a send may take: for bodies whose size says nothing about how long they take."""

    __slots__ = ()
    each_wait = True

    def left(self) -> float:
        return float(self)


class Stream(httpcore.NetworkStream):
    """httpcore's stream within the deadline. `peer` is its name for people."""

    def __init__(self, inner: httpcore.NetworkStream, peer: str) -> None:
        self._inner = inner
        self._peer = peer
        self._answered = False

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        deadline = cast(Deadline, timeout)
        if deadline.phase == "send":
            deadline.phase = "wait"
        try:
            data = self._inner.read(max_bytes, deadline.left())
        except httpcore.ReadTimeout:
            raise deadline.over() from None
        except (httpcore.ReadError, ValueError) as error:  # ValueError: TLS was closed by another thread
            raise self._broken(error.__cause__ or error, deadline) from error
        self._answered = True
        deadline.closed = not data
        deadline.head = deadline.head or data[:32]
        return data

    def _broken(self, error: BaseException, deadline: Deadline) -> TransportError:
        if isinstance(error, ssl.SSLError):
            return tls_fault(error, self._peer)
        in_body = deadline.phase == "body"
        where = f"in the body ({deadline.progress})" if in_body else "before its answer was complete"
        return TransportError("reset", f"the connection to {self._peer} broke {where}: {reason(error)}")

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        deadline = cast(Deadline, timeout)
        if deadline.phase != "send":
            deadline.phase = "send"
            deadline.reused = self._answered
        try:
            for start in range(0, len(buffer), _PIECE):
                self._inner.write(buffer[start : start + _PIECE], deadline.left())
        except httpcore.WriteTimeout:
            raise deadline.over() from None
        # A WriteError passes: httpcore then looks for an answer, for a server may refuse a body unread
        # (RFC 9112 § 9.5).

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> Stream:
        deadline = cast(Deadline, timeout)
        deadline.phase, deadline.head = "tls", b""  # what a proxy answered to CONNECT is no part of the answer
        host = (server_hostname or "").strip("[]")
        peer = host if self._peer.startswith("proxy ") else self._peer
        try:
            return Stream(self._inner.start_tls(ssl_context, host, deadline.left()), peer)
        except httpcore.ConnectTimeout:
            raise deadline.over() from None
        except (httpcore.ConnectError, ValueError) as error:
            raise tls_fault(error.__cause__ or error, peer) from error

    def close(self) -> None:
        # Only a shutdown wakes a thread that waits in a read; it fails where the peer has closed already.
        with suppress(OSError):
            self._inner.get_extra_info("socket").shutdown(socket.SHUT_RDWR)
        self._inner.close()

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


class Backend(httpcore.SyncBackend):
    """Opens connections within the deadline. `proxied` says that they go to a proxy."""

    def __init__(self, *, proxied: bool) -> None:
        self._proxied = proxied

    def connect_tcp(self, host: str, port: int, timeout: float | None = None, *_: Any, **__: Any) -> Stream:
        deadline = cast(Deadline, timeout)
        try:
            inner = self._first(_resolve(host.strip("[]"), port, deadline), deadline)
        except httpcore.ConnectTimeout:
            raise deadline.over() from None
        except (httpcore.ConnectError, OSError) as error:
            cause = cast(OSError, error.__cause__ or error)
            raise connect_fault(cause, host, port, proxied=self._proxied) from error
        return Stream(inner, f"{'proxy ' if self._proxied else ''}{host}:{port}")

    def _first(self, addresses: _Addresses, deadline: Deadline) -> httpcore.NetworkStream:
        """The first address that answers; each has its share of the time, so that a dead one is not all of it."""
        deadline.phase = "connect"
        fault: Exception = OSError("the host has no address")
        for place, (*_, (host, port, *_)) in enumerate(addresses):
            try:
                return super().connect_tcp(host, port, deadline.left() / (len(addresses) - place))
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                fault = error
        raise fault


def _resolve(host: str, port: int, deadline: Deadline) -> _Addresses:
    """The addresses of a host. The system's resolver knows no deadline: it works on a thread we can leave."""
    deadline.phase = "resolve"
    answers: queue.SimpleQueue[_Addresses | OSError] = queue.SimpleQueue()

    def ask() -> None:
        try:
            answers.put(socket.getaddrinfo(host.encode("ascii"), port, type=socket.SOCK_STREAM))
        except OSError as error:
            answers.put(error)

    threading.Thread(target=ask, name="resolve", daemon=True).start()
    try:
        answer = answers.get(timeout=deadline.left())
    except queue.Empty:
        raise deadline.over() from None
    if isinstance(answer, OSError):
        raise answer
    return answer


def proxy_for(setting: str | None, scheme: str, host: str, port: int) -> str:
    """The URL of the proxy to an address, `""` for none; `setting` as in `Connection.proxy`.

    The environment (on macOS and Windows the system, too) is read as urllib and httpx read it.
    """
    if setting is None:
        bare = host.strip("[]")
        proxies = {} if proxy_bypass(bare) or proxy_bypass(f"{bare}:{port}") else getproxies()
        setting = proxies.get(scheme) or proxies.get("all") or ""
    return setting if not setting or "://" in setting else f"http://{setting}"


def proxy_server(url: str, tls: Callable[[], ssl.SSLContext]) -> httpx.Proxy:
    """httpx's description of a proxy; `user:password@` becomes Proxy-Authorization (RFC 9110 § 11.7.2)."""
    try:
        proxy = httpx.Proxy(url)
    except (ValueError, httpx.InvalidURL):
        proxy = None
    if proxy is None or not proxy.url.host:
        shown = url.rpartition("@")[2]  # what stands before it may be a password
        raise TransportError("proxy", f"'{shown}' is not the URL of a proxy", "write http://proxy.example:3128")
    if proxy.url.scheme == "https":
        proxy.ssl_context = tls()
    return proxy
