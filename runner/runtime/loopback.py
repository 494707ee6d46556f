"""The loopback address that a browser comes back to after a sign-in (RFC 8252 § 7.3): one path, one answer.

Imported when a grant first waits for a browser. It must not know OAuth: what came in the query is handed on as it is.
"""

from __future__ import annotations

import queue
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from runner.engine.exchange import Listen
from runner.errors import AuthError

_PAGE = b"""<!doctype html><meta charset="utf-8"><meta name="color-scheme" content="light dark">
<title>runner</title><body style="font: 1.1rem system-ui; margin: 4rem auto; max-width: 30rem">
<p>%s</p><p>You can close this page and go back to the terminal.</p>"""
_DONE, _FAILED = b"The sign-in is complete.", b"The sign-in did not succeed."
#: Seconds that a browser may take to say what it wants.
_SLOW = 10.0

Answers = queue.SimpleQueue[dict[str, str]]


@contextmanager
def listening(listen: Listen) -> Iterator[tuple[str, Answers]]:
    """The redirect URI, and the queries of the requests that come to it.

    Raises:
        AuthError: nothing can listen there.
    """
    answers: Answers = queue.SimpleQueue()
    host = "::1" if listen.host.strip("[]") == "::1" else "127.0.0.1"
    try:
        server = _Server((host, listen.port), listen.path, answers)
    except OSError as error:
        hint = "is another sign-in under way? choose another redirect_port"
        reason = error.strerror or error
        raise AuthError(f"cannot wait for the browser on {host}:{listen.port}: {reason}", hint=hint) from None
    with server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True).start()
        try:
            yield f"http://{listen.host}:{server.server_address[1]}{listen.path}", answers
        finally:
            server.shutdown()


class _Server(ThreadingHTTPServer):
    """Browsers open connections ahead of need: none of them may hold up the others, or the end."""

    daemon_threads = True
    block_on_close = False
    allow_reuse_address = False

    def __init__(self, address: tuple[str, int], path: str, answers: Answers) -> None:
        self.address_family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        self.path = path
        self.answers = answers
        super().__init__(address, _Handler)


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    timeout = _SLOW

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        if parts.path != self.server.path:
            self.send_error(404)
            return
        answer = dict(parse_qsl(parts.query, keep_blank_values=True))
        page = _PAGE % (_DONE if "code" in answer else _FAILED)
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        self.wfile.write(page)
        self.server.answers.put(answer)

    def log_message(self, format: str, *arguments: Any) -> None:
        """Says nothing: the query holds the code."""
