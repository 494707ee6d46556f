"""Sockets that keep one deadline for a whole send, and their faults in plain words.

    Deadline ──(httpcore passes it on as timeout)──▶ Backend.connect_tcp ──▶ Stream.start_tls · write · read

httpcore's timeouts are for each read, so a server that drips a byte a second holds a request for ever. Here
every wait is for what is left of the `Deadline`. This file must not know requests, redirects or cookies.
"""

from __future__ import annotations

import errno
import queue
import select
import socket
import ssl
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from time import monotonic
from typing import Any, cast

import httpcore

from runner.errors import TransportError
from runner.runtime.transport.tls import reason, tls_fault

_Addresses = list[tuple[Any, ...]]
_SocketOption = tuple[int, int, int] | tuple[int, int, bytes | bytearray] | tuple[int, int, None, int]


class Deadline(float):
    """The seconds a whole send may take, when they are over, and how far the send has come.

    It is a float so that httpcore takes it as a timeout; `Stream` gets it back with every read and write.
    """

    __slots__ = ("body", "closed", "ends", "expected", "head", "phase", "received", "reused")

    def __init__(self, seconds: float) -> None:
        self.ends = monotonic() + seconds
        self.begin()

    def begin(self) -> None:
        """Start another request within the same time."""
        self.phase = "pool"
        #: Whether the connection had served a request before, and whether the peer has closed it.
        self.reused = self.closed = False
        #: Bytes of the answer that were read, its first few bytes, bytes of its body, and its Content-Length.
        self.received, self.head, self.body = 0, b"", 0
        self.expected: int | None = None

    def as_timeouts(self) -> dict[str, float]:
        """What httpcore wants as timeouts; it waits for a free connection itself."""
        return {"connect": self, "read": self, "write": self, "pool": self.left()}

    def left(self) -> float:
        """Seconds that are left; a TransportError if there are none."""
        left = self.ends - monotonic()
        if left <= 0:
            raise self.over()
        return left

    def over(self) -> TransportError:
        """What to say when the time is over, by the phase that it ended in."""
        phase = "header" if self.phase == "wait" and self.received else self.phase
        message, hint = _TIMEOUTS[phase]
        text = message.format(seconds=f"{float(self):g} s", progress=self.progress)
        return TransportError("timeout", text, hint)

    @property
    def progress(self) -> str:
        """How much of the body has come, as a person says it."""
        return f"{self.body} bytes" if self.expected is None else f"{self.body} of {self.expected} bytes"


_SLOW_SERVER = "raise `timeout` if the server needs longer"
_UNREACHABLE = "is the address right, and reachable from here (firewall, VPN, proxy)?"

#: Phase of a send → what to say when the deadline ends it, and what to do.
_TIMEOUTS = {
    "pool": ("no free connection within {seconds}", "too many requests at once: lower `--jobs`"),
    "resolve": ("the host name was not resolved within {seconds}", "does the name server answer?"),
    "connect": ("no connection within {seconds}", _UNREACHABLE),
    "tls": ("no TLS handshake within {seconds} (connected)", "does the server speak https on this port?"),
    "send": (
        "the request was not taken within {seconds} (connected, the server does not read)",
        _SLOW_SERVER,
    ),
    "wait": ("no answer within {seconds} (connected, request sent)", _SLOW_SERVER),
    "header": ("the header of the answer was not complete after {seconds}", _SLOW_SERVER),
    "body": ("the body was not complete after {seconds} ({progress})", _SLOW_SERVER),
}


class Stream(httpcore.NetworkStream):
    """A connected socket. `peer` is its name for people; `kind` is the kind of its connect faults."""

    def __init__(self, sock: socket.socket, peer: str, kind: str) -> None:
        self._socket = sock
        self._peer = peer
        self._kind = kind
        self._answered = False

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        deadline = cast(Deadline, timeout)
        if deadline.phase == "send":
            deadline.phase = "wait"
        try:
            self._socket.settimeout(deadline.left())
            data = self._socket.recv(max_bytes)
        except TimeoutError:
            raise deadline.over() from None
        except (OSError, ValueError) as error:  # ValueError: TLS was closed by another thread
            raise self._broken(error, deadline) from error
        self._count(data, deadline)
        return data

    def _count(self, data: bytes, deadline: Deadline) -> None:
        self._answered = True
        deadline.closed = not data
        if not deadline.received:
            deadline.head = data[:32]
        deadline.received += len(data)

    def _broken(self, error: OSError | ValueError, deadline: Deadline) -> TransportError:
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
        rest = memoryview(buffer)
        try:
            while rest:
                self._socket.settimeout(deadline.left())
                rest = rest[self._socket.send(rest) :]
        except TimeoutError:
            raise deadline.over() from None
        except OSError as error:
            # httpcore then looks for an answer: a server may refuse a body unread (RFC 9112 § 9.5).
            raise httpcore.WriteError(error) from error

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> Stream:
        deadline = cast(Deadline, timeout)
        deadline.phase = "tls"
        deadline.received, deadline.head = 0, b""  # what a proxy answered to CONNECT is no part of the answer
        host = (server_hostname or "").strip("[]")
        try:
            self._socket.settimeout(deadline.left())
            secured = self._wrap(ssl_context, host)
        except TimeoutError:
            raise deadline.over() from None
        except (OSError, ValueError) as error:
            raise tls_fault(error, self._peer if self._kind == "connect" else host) from error
        finally:
            # A wrapped socket has given its descriptor away; one that failed is of no use to anybody.
            self._socket.close()
        return Stream(secured, self._peer if self._kind == "connect" else host, self._kind)

    def _wrap(self, context: ssl.SSLContext, host: str) -> ssl.SSLSocket:
        if isinstance(self._socket, ssl.SSLSocket):
            raise TransportError(
                "proxy",
                f"the {self._peer} is spoken to with TLS, and https requests cannot go through such a proxy",
                "give the proxy as http://, the requests inside are encrypted all the same",
            )
        return context.wrap_socket(self._socket, server_hostname=host)

    def close(self) -> None:
        # Only a shutdown wakes a thread that waits in `recv`; it fails where the peer has closed already.
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()

    def get_extra_info(self, info: str) -> Any:
        answer = _EXTRA.get(info)
        return answer(self._socket) if answer else None


def _readable(sock: socket.socket) -> bool:
    """Whether an idle socket has something to read, which can only be the server's farewell."""
    if sock.fileno() < 0:
        return True
    if hasattr(select, "poll"):
        poll = select.poll()
        poll.register(sock, select.POLLIN)
        return bool(poll.poll(0))
    return bool(select.select([sock], [], [], 0)[0])


_EXTRA: dict[str, Callable[[socket.socket], Any]] = {
    "is_readable": _readable,
    "socket": lambda sock: sock,
    "ssl_object": lambda sock: sock if isinstance(sock, ssl.SSLSocket) else None,
}


class Backend(httpcore.NetworkBackend):
    """Opens connections within the deadline. `proxied` says that they go to a proxy."""

    def __init__(self, *, proxied: bool) -> None:
        self._prefix = "proxy " if proxied else ""
        self._kinds = {"dns": "proxy", "connect": "proxy"} if proxied else {}

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[_SocketOption] | None = None,
    ) -> Stream:
        deadline = cast(Deadline, timeout)
        peer = f"{self._prefix}{host}:{port}"
        try:
            addresses = resolve(host.strip("[]"), port, deadline)
            sock = _connect(addresses, deadline)
        except TimeoutError:
            raise deadline.over() from None
        except OSError as error:
            raise self._fault(error, f"{self._prefix}{host}", peer) from error
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return Stream(sock, peer, self._kinds.get("connect", "connect"))

    def _fault(self, error: OSError, host: str, peer: str) -> TransportError:
        if isinstance(error, socket.gaierror):
            kind, message, hint = _dns_fault(error, host)
        else:
            template, hint = _CONNECT_FAULTS.get(error.errno or 0, ("cannot connect to {peer}: {reason}", ""))
            kind, message = "connect", template.format(peer=peer, reason=reason(error))
        return TransportError(self._kinds.get(kind, kind), message, hint)


_CONNECT_FAULTS = {
    errno.ECONNREFUSED: ("connection refused by {peer}", "is the server running, and the port right?"),
    errno.ENETUNREACH: ("no route to {peer}", _UNREACHABLE),
    errno.EHOSTUNREACH: ("no route to {peer}", _UNREACHABLE),
    errno.ETIMEDOUT: ("no connection to {peer}: the network gave up", _UNREACHABLE),
    errno.EMFILE: ("no connection to {peer}: too many open files", "lower `--jobs`, or raise `ulimit -n`"),
}


def _dns_fault(error: socket.gaierror, host: str) -> tuple[str, str, str]:
    prefix, _, name = host.rpartition(" ")
    target = f"proxy host '{name}'" if prefix else f"host '{name}'"
    if error.errno == socket.EAI_AGAIN:
        return "dns", f"cannot resolve {target}: no name server answered", "is this machine online?"
    return "dns", f"cannot resolve {target}", "is the name spelled right, and known in this network?"


def resolve(host: str, port: int, deadline: Deadline) -> _Addresses:
    """The addresses of a host. The system's resolver knows no deadline: it works on a thread we can leave."""
    deadline.phase = "resolve"
    name = host.encode("ascii")
    with suppress(socket.gaierror):  # not a literal address: ask the resolver
        return socket.getaddrinfo(name, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
    answers: queue.SimpleQueue[_Addresses | OSError] = queue.SimpleQueue()

    def ask() -> None:
        try:
            answers.put(socket.getaddrinfo(name, port, type=socket.SOCK_STREAM))
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


def _connect(addresses: _Addresses, deadline: Deadline) -> socket.socket:
    """The first address that answers; each has its share of the time, so that a dead one is not all of it."""
    deadline.phase = "connect"
    fault: OSError = OSError("the host has no address")
    for place, (family, kind, protocol, _, address) in enumerate(addresses):
        try:
            sock = socket.socket(family, kind, protocol)
        except OSError as error:  # no IPv6 on this machine, or no file descriptors
            fault = error
            continue
        try:
            sock.settimeout(deadline.left() / (len(addresses) - place))
            sock.connect(address)
        except OSError as error:
            sock.close()
            fault = error
        except BaseException:
            sock.close()
            raise
        else:
            return sock
    raise fault
