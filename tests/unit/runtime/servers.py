"""Servers of raw bytes on 127.0.0.1 for the tests of the transport: started and stopped by the test that uses them."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress


class Client:
    """A connection as the server sees it; `number` counts connections from 0."""

    def __init__(self, sock: socket.socket, server: Server, number: int) -> None:
        self.socket = sock
        self.server = server
        self.number = number
        self._rest = b""

    def receive(self) -> bytes:
        """One whole request, body included; empty when the client has hung up."""
        while b"\r\n\r\n" not in self._rest:
            data = self.socket.recv(65_536)
            if not data:
                return b""
            self._rest += data
        head, _, self._rest = self._rest.partition(b"\r\n\r\n")
        body = self._receive_body(head)
        self.server.requests.append(head + b"\r\n\r\n" + body)
        return self.server.requests[-1]

    def _receive_body(self, head: bytes) -> bytes:
        lengths = [line.split(b":")[1] for line in head.split(b"\r\n") if line.lower().startswith(b"content-length")]
        length = int(lengths[0]) if lengths else 0
        while len(self._rest) < length:
            data = self.socket.recv(65_536)
            if not data:
                break
            self._rest += data
        body, self._rest = self._rest[:length], self._rest[length:]
        return body

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def drip(self, data: bytes) -> None:
        """Byte by byte, until all is sent or the client hangs up."""
        for byte in data:
            self.socket.sendall(bytes([byte]))
            if self.server.stopping.wait(0.02):
                return

    def wait(self) -> None:
        """Do nothing until the test is over."""
        self.server.stopping.wait()


Handler = Callable[[Client], None]


class Server:
    """A listening socket; each connection is handled on a thread of its own. `requests` are all that came, raw."""

    def __init__(self, handler: Handler, tls: ssl.SSLContext | None = None) -> None:
        self.requests: list[bytes] = []
        self.connections = 0
        self.stopping = threading.Event()
        self._handler = handler
        self._tls = tls
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._open: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    @property
    def url(self) -> str:
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self.port}"

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            self._open.append(sock)
            thread = threading.Thread(target=self._serve, args=(sock, self.connections))
            self.connections += 1
            self._threads.append(thread)
            thread.start()

    def _serve(self, sock: socket.socket, number: int) -> None:
        # What a client breaks off is no fault of the server.
        with suppress(OSError):
            if self._tls:
                sock = self._tls.wrap_socket(sock, server_side=True)
            with sock:
                self._handler(Client(sock, self, number))
        sock.close()

    def stop(self) -> None:
        self.stopping.set()
        for sock in (self._listener, *self._open):
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join(10)
            assert not thread.is_alive()


@contextmanager
def serving(handler: Handler, tls: ssl.SSLContext | None = None) -> Iterator[Server]:
    """A running server."""
    server = Server(handler, tls)
    try:
        yield server
    finally:
        server.stop()


def answer(body: bytes = b"", *headers: bytes, status: bytes = b"200 OK") -> bytes:
    """A response with a Content-Length."""
    lines = (b"HTTP/1.1 " + status, b"Content-Length: %d" % len(body), *headers)
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


def always(data: bytes) -> Handler:
    """Answer every request on a connection with these bytes."""

    def handle(client: Client) -> None:
        while client.receive():
            client.send(data)

    return handle


def once(data: bytes) -> Handler:
    """Answer one request with these bytes and hang up."""

    def handle(client: Client) -> None:
        client.receive()
        client.send(data)

    return handle


def routes(table: dict[bytes, bytes]) -> Handler:
    """Answer by request target."""

    def handle(client: Client) -> None:
        while request := client.receive():
            client.send(table[request.split(b" ")[1]])

    return handle
