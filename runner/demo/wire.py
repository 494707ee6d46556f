"""HTTP/1.1 over sockets: reads Calls, writes Replies, keeps connections alive and closes them all at its end.

Built on `http.server`, one daemon thread a connection. It knows no route: `answer` is given.
"""

from __future__ import annotations

import re
import socket
import socketserver
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, cast
from urllib.parse import urlsplit

from runner.demo.messages import BODILESS, REASONS, Call, Reply, json_reply

#: In bytes; a longer body is refused.
_LARGEST_BODY = 16_000_000
_DIGITS = {10: "[0-9]{1,15}", 16: "[0-9A-Fa-f]{1,12}"}
#: A line break within a header's value, which becomes a space (RFC 9112 § 5.2).
_FOLD = re.compile(r"\r?\n[ \t]+")
_HOST = re.compile(r"[A-Za-z0-9.\-\[\]:]+")


class _Unreadable(Exception):
    """A message that cannot be read to its end; the connection is closed after the answer."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Nagle's wait for the client's delayed ACK would cost 40 ms an answer.
    disable_nagle_algorithm = True

    def __getattr__(self, name: str) -> Callable[[], None]:
        """`http.server` looks for `do_GET` and the like: every method goes to the routes."""
        if name.startswith("do_"):
            return self._serve
        raise AttributeError(name)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: the server is quiet."""

    def _serve(self) -> None:
        try:
            reply = cast(WireServer, self.server).answer(self._call())
        except _Unreadable as error:
            self.close_connection = True
            reply = json_reply({"error": error.message}, error.status)
        self._write(reply)

    def _call(self) -> Call:
        try:
            target = urlsplit(self.path)
        except ValueError:
            raise _Unreadable(400, "the request target is not a URL") from None
        headers: dict[str, str] = {}
        for name, text in self.headers.items():
            key = name.lower()
            value = _FOLD.sub(" ", text)
            # RFC 9110 § 5.3; only cookies have a separator of their own (RFC 9113 § 8.2.3).
            joint = "; " if key == "cookie" else ", "
            headers[key] = f"{headers[key]}{joint}{value}" if key in headers else value
        return Call(self.command, target.path, target.query, headers, self._body(), self._origin(headers))

    def _origin(self, headers: dict[str, str]) -> str:
        """The origin the client used, so that links in answers lead back to the same one."""
        host = headers.get("host", "")
        if _HOST.fullmatch(host):
            return f"http://{host}"
        return cast(WireServer, self.server).url

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
            return self._chunks()
        return self._exactly(_length(self.headers.get("Content-Length", "0"), 10))

    def _chunks(self) -> bytes:
        """A chunked body (RFC 9112 § 7.1); extensions and trailers are dropped."""
        body = bytearray()
        while size := _length(self.rfile.readline(100).partition(b";")[0].strip().decode("latin-1"), 16):
            body += self._exactly(size)
            _bounded(len(body))
            self.rfile.readline(3)
        while self.rfile.readline(10_000).strip():
            pass
        return bytes(body)

    def _exactly(self, size: int) -> bytes:
        body = self.rfile.read(size)
        if len(body) < size:
            raise _Unreadable(400, "the body ends too early")
        return body

    def _write(self, reply: Reply) -> None:
        """Head and body in one segment; of a stream each piece in its own (RFC 9112 § 7.1)."""
        lines = [f"HTTP/1.1 {reply.status} {REASONS.get(reply.status, '')}"]
        lines += [f"{name}: {value}" for name, value in (*reply.headers, ("Date", self.date_time_string()))]
        if reply.stream is not None:
            lines.append("Transfer-Encoding: chunked")
        elif reply.status not in BODILESS:  # RFC 9110 § 8.6: a 204 has no Content-Length
            lines.append(f"Content-Length: {len(reply.body)}")
        if self.close_connection:
            lines.append("Connection: close")
        head = "\r\n".join(lines).encode("latin-1", "replace") + b"\r\n\r\n"
        self.wfile.write(head if self.command == "HEAD" else head + reply.body)
        for piece in reply.stream or () if self.command != "HEAD" else ():
            self.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece))
        if reply.stream is not None and self.command != "HEAD":
            self.wfile.write(b"0\r\n\r\n")


def _length(text: str, base: int) -> int:
    """A Content-Length or the size of a chunk."""
    if not re.fullmatch(_DIGITS[base], text):
        raise _Unreadable(400, "the length of the body is not a number")
    return _bounded(int(text, base))


def _bounded(size: int) -> int:
    if size > _LARGEST_BODY:
        raise _Unreadable(413, f"a body has at most {_LARGEST_BODY} bytes")
    return size


class WireServer(ThreadingHTTPServer):
    """Listens on 127.0.0.1; `answer` is called in the thread of the connection."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, port: int, answer: Callable[[Call], Reply]) -> None:
        self.answer = answer
        self._lock = threading.Lock()
        self._connections: dict[socket.socket, threading.Thread] = {}
        super().__init__(("127.0.0.1", port), _Handler)
        self.url = f"http://127.0.0.1:{self.server_port}"

    def server_bind(self) -> None:
        """Without the reverse DNS query that `HTTPServer` makes here."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = self.server_address[:2]  # type: ignore[assignment]

    def process_request(self, request: Any, client_address: Any) -> None:
        arguments = (request, client_address)
        thread = threading.Thread(target=self.process_request_thread, args=arguments, daemon=True)
        with self._lock:
            self._connections[request] = thread
        thread.start()

    def shutdown_request(self, request: Any) -> None:
        with self._lock:
            self._connections.pop(request, None)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is none of our faults."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)

    def hang_up(self) -> None:
        """Ends every open connection and waits for its thread, so that no socket is left to the collector."""
        with self._lock:
            connections = list(self._connections.items())
        for connection, _ in connections:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for _, thread in connections:
            thread.join(timeout=2)
