"""httpx's transport over sockets that keep one deadline for a whole send, and note what came about on the way.

    Deadline ──(httpx passes it on as timeout)──▶ Backend.connect_… ──▶ Stream.start_tls · write · read

httpx's timeouts are for each read, so a server that drips a byte a second holds a request for ever. Here every
wait is for what is left of the `Deadline`. This file must not know requests, redirects or cookies. It imports
httpcore, the engine of httpx, whose network interface it fills in.
"""

from __future__ import annotations

import queue
import socket
import ssl
import threading
from collections.abc import Callable
from contextlib import suppress
from time import monotonic
from typing import TYPE_CHECKING, Any, cast

import httpcore
import httpx
from httpcore._backends.sync import SyncStream  # a socket as httpcore's stream, for which it has no public name

from runner.engine.exchange import Peer, Timing
from runner.errors import TransportError
from runner.language.document import UNIX
from runner.runtime.transport.faults import connect_fault, reason, socket_fault, socks_fault, timeout_fault, tls_fault
from runner.runtime.transport.proxies import Proxy

if TYPE_CHECKING:
    from runner.runtime.transport.frames import Frames

#: Seconds that a connection may rest: less than servers keep it (Node: 5), so that no request meets one that
#: is just being closed.
_REST = 4.0

#: Bytes of one write: few enough that the system takes them at once, so that no write waits twice.
_PIECE = 16_384

_Addresses = list[tuple[Any, ...]]


#: Around a connection of httpcore's pool.
Wrap = Callable[[httpcore.ConnectionInterface], httpcore.ConnectionInterface]


class Network(httpx.HTTPTransport):
    """httpx's transport, but its sockets keep the deadline. `context` is None for plain http.

    HTTP/2 is offered where `wrap` is given, which makes what the pool keeps of a connection of httpcore's.
    """

    def __init__(
        self, context: ssl.SSLContext | None, proxy: Proxy | None, connections: int, wrap: Wrap | None = None
    ) -> None:
        limits = httpx.Limits(max_connections=connections, keepalive_expiry=_REST)
        server, path = (proxy.server, proxy.path) if proxy else (None, None)
        super().__init__(verify=context or False, proxy=server, limits=limits, http2=wrap is not None, uds=path)
        # httpx has no argument for what httpcore documents as `ConnectionPool(network_backend=…)`, nor for a pool of
        # one's own: this is the one place that reaches past its interface.
        pool = self._pool
        pool._network_backend = Backend(proxied=server is not None, greets=proxy is not None and proxy.speaks_socks)
        if wrap is not None:
            make = pool.create_connection
            pool.create_connection = lambda origin: wrap(make(origin))  # type: ignore[method-assign]


#: The phases of a send that `Timing` tells of, in its order.
_TIMED = ("resolve", "connect", "tls", "send", "wait", "body")


class Deadline(float):
    """The seconds a whole send may take, when they are over, and how far the send has come.

    It is a float so that httpx takes it as a timeout; `Stream` gets it back with every read and write.
    """

    __slots__ = ("_marks", "answer", "closed", "ends", "head", "phase", "reused", "stream")
    each_wait = False

    def __init__(self, seconds: float) -> None:
        self.ends = monotonic() + seconds
        self.begin()

    def begin(self) -> None:
        """Start a request, or another one within the same time."""
        self.phase = "pool"
        self._marks: list[tuple[str, float]] = []
        #: Whether the connection had served a request before, and whether the peer has closed it.
        self.reused = self.closed = False
        #: The connection to a SOCKS proxy that was opened for this request, if one was.
        self.stream: Stream | None = None
        #: The first bytes of the answer, and the answer once its header is complete.
        self.head = b""
        self.answer: httpx.Response | None = None

    def enter(self, phase: str) -> None:
        """The send has come to this phase."""
        self.phase = phase
        self._marks.append((phase, monotonic()))

    def timing(self) -> Timing:
        """What the time since `begin` went to."""
        spent: dict[str, float] = {}
        ends = monotonic()
        for phase, began in reversed(self._marks):
            spent[phase] = spent.get(phase, 0.0) + ends - began
            ends = began
        if "proxy" in spent:
            spent["connect"] = spent.get("connect", 0.0) + spent["proxy"]
        return Timing(*map(spent.get, _TIMED))

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


#: The name under which a stream gives its Peer.
PEER = "peer"

#: The phases in which what is written belongs to a request that is under way: HTTP/2 writes while it reads.
_UNDER_WAY = ("send", "wait", "body")

#: What the name of a stream to a proxy begins with.
_TO_PROXY = "proxy "

#: First bytes of a SOCKS proxy's replies: the protocol's version (RFC 1928 § 3), and that of a login (RFC 1929 § 2).
_SOCKS_REPLIES = (b"\x05", b"\x01")


class Stream(httpcore.NetworkStream):
    """httpcore's stream within the deadline. `name` is its peer for people; `greets` is the deadline for greeting it,
    where it is a SOCKS proxy: httpcore does that without a timeout."""

    def __init__(self, inner: httpcore.NetworkStream, name: str, peer: Peer, greets: Deadline | None = None) -> None:
        self.name = name
        self._inner = inner
        self._peer = peer
        self._greets = greets
        self._answered = False
        self._frames: Frames | None = None

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        if timeout is None:
            return self._read_greeting(max_bytes)
        deadline = cast(Deadline, timeout)
        if deadline.phase == "send":
            deadline.enter("wait")
        data = self._read(max_bytes, deadline) if self._frames is None else self._read_frames(max_bytes, deadline)
        self._answered = True
        deadline.closed = not data
        deadline.head = deadline.head or data[:32]
        return data

    def _read_greeting(self, max_bytes: int) -> bytes:
        data = self._read(max_bytes, cast(Deadline, self._greets))
        if data[:1] not in _SOCKS_REPLIES:
            raise socks_fault("", self.name)
        return data

    def _read_frames(self, max_bytes: int, deadline: Deadline) -> bytes:
        """Bytes that are passed on; none where the connection has ended, and only there."""
        frames = cast("Frames", self._frames)
        while data := self._read(max_bytes, deadline):
            if passed := frames.received(data):
                return passed
        return data

    def _read(self, max_bytes: int, deadline: Deadline) -> bytes:
        try:
            return self._inner.read(max_bytes, deadline.left())
        except httpcore.ReadTimeout:
            raise deadline.over() from None
        except (httpcore.ReadError, ValueError) as error:  # ValueError: TLS was closed by another thread
            raise self._broken(error.__cause__ or error, deadline) from error

    def _broken(self, error: BaseException, deadline: Deadline) -> TransportError:
        if isinstance(error, ssl.SSLError):
            return tls_fault(error, self.name)
        in_body = deadline.phase == "body"
        where = f"in the body ({deadline.progress})" if in_body else "before its answer was complete"
        return TransportError("reset", f"the connection to {self.name} broke {where}: {reason(error)}")

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        if not buffer:
            return
        deadline = cast(Deadline, self._greets if timeout is None else timeout)
        if timeout is None or (buffer.startswith(b"CONNECT ") and self.name.startswith(_TO_PROXY)):
            deadline.enter("proxy")
        elif deadline.phase not in _UNDER_WAY:
            deadline.enter("send")
            deadline.reused = self._answered
        if self._frames:
            self._frames.sent(buffer)
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
        deadline.enter("tls")
        deadline.head = b""  # what a proxy answered to CONNECT is no part of the answer
        host = (server_hostname or "").strip("[]")
        name = host if self.name.startswith(_TO_PROXY) else self.name
        try:
            inner = self._inner.start_tls(ssl_context, host, deadline.left())
        except httpcore.ConnectTimeout:
            raise deadline.over() from None
        except (httpcore.ConnectError, ValueError) as error:
            raise tls_fault(error.__cause__ or error, name) from error
        tls = inner.get_extra_info("ssl_object")
        stream = Stream(inner, name, _secured(self._peer, tls))
        if tls.selected_alpn_protocol() == "h2":
            from runner.runtime.transport.frames import Frames

            stream._frames = Frames()
        return stream

    @property
    def spent(self) -> bool:
        """Whether no other request should be sent: the server has said so, or says something that nobody asked for."""
        leaving = self._frames is not None and self._frames.leaving
        return leaving or bool(self._inner.get_extra_info("is_readable"))

    def close(self) -> None:
        # Only a shutdown wakes a thread that waits in a read; it fails where the peer has closed already.
        with suppress(OSError):
            self._inner.get_extra_info("socket").shutdown(socket.SHUT_RDWR)
        self._inner.close()

    def get_extra_info(self, info: str) -> Any:
        return self._peer if info == PEER else self._inner.get_extra_info(info)


def _secured(peer: Peer, tls: ssl.SSLObject) -> Peer:
    """The peer after the handshake. Its certificate is kept as it came, verified or not: few ask what is in it."""
    cipher, certificate = tls.cipher(), tls.getpeercert(True)
    return Peer(peer.ip, tls.version() or "", cipher[0] if cipher else "", certificate or b"")


class Backend(httpcore.SyncBackend):
    """Opens connections within the deadline. `proxied` says that they go to a proxy, `greets` that it is greeted."""

    def __init__(self, *, proxied: bool, greets: bool) -> None:
        self._proxied = proxied
        self._greets = greets

    def connect_tcp(self, host: str, port: int, timeout: float | None = None, *_: Any, **__: Any) -> Stream:
        deadline = cast(Deadline, timeout)
        try:
            inner, ip = self._first(_resolve(host.strip("[]"), port, deadline), deadline)
        except httpcore.ConnectTimeout:
            raise deadline.over() from None
        except (httpcore.ConnectError, OSError) as error:
            raise connect_fault(cast(OSError, error.__cause__ or error), host, port, proxied=self._proxied) from error
        name = f"{_TO_PROXY if self._proxied else ''}{host}:{port}"
        stream = Stream(inner, name, Peer(ip), deadline if self._greets else None)
        deadline.stream = stream if self._greets else None
        return stream

    def connect_unix_socket(self, path: str, timeout: float | None = None, *_: Any, **__: Any) -> Stream:
        deadline = cast(Deadline, timeout)
        deadline.enter("connect")
        if not hasattr(socket, "AF_UNIX"):
            raise TransportError("connect", f"this system has no sockets such as '{path}'")
        # httpcore would leave the socket open when it cannot be connected.
        found = socket.socket(socket.AF_UNIX)
        try:
            found.settimeout(deadline.left())
            found.connect(path)
        except OSError as error:
            found.close()
            raise (deadline.over() if isinstance(error, TimeoutError) else socket_fault(error, path)) from None
        return Stream(SyncStream(found), f"{UNIX}{path}", Peer())

    def _first(self, addresses: _Addresses, deadline: Deadline) -> tuple[httpcore.NetworkStream, str]:
        """The first address that answers; each has its share of the time, so that a dead one is not all of it."""
        deadline.enter("connect")
        for left, (*_, (host, port, *_)) in zip(range(len(addresses), 0, -1), addresses, strict=True):
            try:
                return super().connect_tcp(host, port, deadline.left() / left), host
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                if left == 1:
                    raise
        raise OSError("the host has no address")


def _resolve(host: str, port: int, deadline: Deadline) -> _Addresses:
    """The addresses of a host. The system's resolver knows no deadline: it works on a thread we can leave."""
    deadline.enter("resolve")
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
