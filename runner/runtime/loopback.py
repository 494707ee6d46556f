"""The loopback address that a browser comes back to after a sign-in (RFC 8252 § 7.3): one path, one answer.

Imported when a grant first waits for a browser. It must not know OAuth: what came in the query is handed on as it is.
"""

from __future__ import annotations

import os
import queue
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, unquote

from runner.engine.exchange import Listen
from runner.errors import AuthError

_PAGE = b"""<!doctype html><meta charset="utf-8"><meta name="color-scheme" content="light dark">
<title>runner</title><body style="font: 1.1rem system-ui; margin: 4rem auto; max-width: 30rem">
<p>%s</p><p>You can close this page and go back to the terminal.</p>"""
_DONE, _FAILED = b"The sign-in is complete.", b"The sign-in did not succeed."
#: Seconds that a browser may take to say what it wants.
_SLOW = 10.0
_THIS_MACHINE = ("127.0.0.1", "localhost", "::1")

Answers = queue.SimpleQueue[dict[str, str]]


@contextmanager
def listening(listen: Listen) -> Iterator[tuple[str, Answers]]:
    """The redirect URI, and the queries of the requests that come to it.

    Raises:
        AuthError: nothing can listen there.
    """
    answers: Answers = queue.SimpleQueue()
    name = listen.host.strip("[]")
    host, shown = ("::1", "[::1]") if name == "::1" else ("127.0.0.1", name)  # in a URI: RFC 3986 § 3.2.2
    if name not in _THIS_MACHINE and not _leads_here(name):
        hint = "redirect_host is 127.0.0.1, localhost or [::1], or another name of them"
        raise AuthError(f"the browser would come back to '{name}', which is not this machine", hint=hint)
    try:
        server = _Server((host, listen.port), listen.path, answers)
    except OSError as error:
        hint = "is another sign-in under way? choose another redirect_port"
        reason = error.strerror or error
        raise AuthError(f"cannot wait for the browser on {shown}:{listen.port}: {reason}", hint=hint) from None
    with server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True).start()
        try:
            yield f"http://{shown}:{server.server_address[1]}{listen.path}", answers
        finally:
            server.shutdown()


def _leads_here(name: str) -> bool:
    """Whether a name leads to the loopback address that is listened on."""
    try:
        return socket.gethostbyname(name).startswith("127.")
    except (OSError, UnicodeError):
        return False


class _Server(ThreadingHTTPServer):
    """Browsers open connections ahead of need: none of them may hold up the others, or the end."""

    daemon_threads = True
    block_on_close = False
    # Connections of the last sign-in may linger at a fixed port. On Windows this would let another program listen
    # there, too, and take the code; so would a shared port anywhere.
    allow_reuse_address = os.name == "posix"
    allow_reuse_port = False

    def __init__(self, address: tuple[str, int], path: str, answers: Answers) -> None:
        self.address_family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        self.path = path
        self.answers = answers
        super().__init__(address, _Handler)


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    timeout = _SLOW

    def handle(self) -> None:
        with suppress(OSError):  # a browser that went away, or says nothing: the waiting goes on
            super().handle()

    def do_GET(self) -> None:
        path, _, query = self.path.partition("#")[0].partition("?")
        if unquote(path) != unquote(self.server.path):  # browsers encode as they like
            self.send_error(404)
            return
        answer = dict(parse_qsl(query, keep_blank_values=True))
        try:
            self._show(_PAGE % (_DONE if "code" in answer else _FAILED))
        finally:  # it counts, whether its page was taken or not; but once it is handed on the process may end
            self.server.answers.put(answer)

    def _show(self, page: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        self.wfile.write(page)

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """A page with the usual words of a status; those that came in quote the request, which may hold the code."""
        super().send_error(code)

    def log_message(self, format: str, *arguments: Any) -> None:
        """Says nothing: the query holds the code."""
