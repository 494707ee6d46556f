"""The transport against servers of raw bytes on 127.0.0.1, started and stopped by the test that uses them."""

from __future__ import annotations

import gzip
import os
import shutil
import socket
import ssl
import subprocess
import threading
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import pytest

from runner.engine.exchange import Connection, Exchange, Redirect, Request
from runner.errors import TransportError
from runner.runtime.transport import CookieJar, HttpTransport
from runner.runtime.transport import routes as routes_module
from runner.version import __version__


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
    """A listening socket; each connection has a thread of its own. `requests` are all that came, raw."""

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
                sock = self.secure(sock, self._tls)
            with sock:
                self._handler(Client(sock, self, number))
        sock.close()

    def secure(self, sock: socket.socket, tls: ssl.SSLContext) -> ssl.SSLSocket:
        """The server's side of TLS on a connection."""
        secured = tls.wrap_socket(sock, server_side=True)
        self._open.append(secured)
        return secured

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


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    """The machine's own proxies and CAs are no part of the tests."""
    for name in list(os.environ):
        if name.lower().endswith("_proxy") or name.startswith("SSL_CERT_"):
            monkeypatch.delenv(name)


@pytest.fixture
def transport() -> Iterator[HttpTransport]:
    transport = HttpTransport(user_agent="request-runner/1")
    yield transport
    transport.close()


def fault(transport: HttpTransport, request: Request) -> TransportError:
    """The error that a request ends with."""
    with pytest.raises(TransportError) as caught:
        transport.send(request, None)
    return caught.value


def get(transport: HttpTransport, data: bytes, **fields: Any) -> Exchange:
    """The exchange with a server that gives one answer and hangs up."""
    with serving(once(data)) as server:
        return transport.send(Request("GET", server.url, **fields), None)


def fault_of(transport: HttpTransport, handler: Handler, **fields: Any) -> TransportError:
    """The error of a GET (or what `fields` say) to a server."""
    with serving(handler) as server:
        return fault(transport, Request(**{"method": "GET", "url": server.url, **fields}))


# What goes out


def test_url_goes_as_written(transport: HttpTransport) -> None:
    """No character of path and query is encoded, decoded or normalised; the fragment stays here."""
    target = "/a%2Fb/../c;v=1/@x,y:z//d?$top=5&$select=id,mail&q=a:b/c@d;e&x=%7b%7B|'\"[]"
    with serving(always(answer())) as server:
        transport.send(Request("GET", f"{server.url}{target}#part"), None)
        assert server.requests[0].split(b" ")[1] == target.encode()


def test_default_headers_come_with_host_first_and_own_ones_in_order(transport: HttpTransport) -> None:
    """Own headers keep spelling, order and repetition; defaults stand in only for those that are absent."""
    own = (("X-B", "1"), ("accept", "text/csv"), ("x-a", "2"), ("X-B", "3"))
    with serving(always(answer())) as server:
        exchange = transport.send(Request("GET", server.url, headers=own), None)
    expected = (
        ("Host", f"127.0.0.1:{server.port}"),
        ("Accept-Encoding", "gzip, deflate, br, zstd"),
        ("Connection", "keep-alive"),
        ("User-Agent", "request-runner/1"),
        *own,
    )
    lines = server.requests[0].decode().split("\r\n")[1:-2]
    assert lines == [f"{name}: {value}" for name, value in expected]
    assert exchange.request.headers == expected


def test_own_name_by_default() -> None:
    """Without `user_agent` the requests name the package and its version."""
    transport = HttpTransport()
    with serving(always(answer())) as server:
        transport.send(Request("GET", server.url), None)
    transport.close()
    assert f"User-Agent: request-runner/{__version__}\r\n".encode() in server.requests[0]


@pytest.mark.parametrize(
    ("method", "body", "length"),
    [
        ("POST", b"abc", b"3"),
        ("POST", None, b"0"),
        ("PUT", b"", b"0"),
        ("GET", None, None),
        ("GET", b"x", b"1"),
    ],
)
def test_content_length(transport: HttpTransport, method: str, body: bytes | None, length: bytes | None) -> None:
    """A body has its length, a method that expects one says 0 without it, and a GET says nothing."""
    with serving(always(answer())) as server:
        transport.send(Request(method, server.url, body=body), None)
    head, _, sent = server.requests[0].partition(b"\r\n\r\n")
    lengths = [line.split(b": ")[1] for line in head.split(b"\r\n") if line.startswith(b"Content-Length")]
    assert lengths == ([length] if length is not None else [])
    assert sent == (body or b"")


def test_body_may_be_chunked_by_its_header(transport: HttpTransport) -> None:
    """`Transfer-Encoding: chunked` on the request frames its body in chunks, without a length."""
    with serving(once(answer())) as server:
        transport.send(Request("POST", server.url, (("Transfer-Encoding", "chunked"),), b"abc"), None)
    assert b"Content-Length" not in server.requests[0]


def test_credentials_in_the_url_are_basic_auth(transport: HttpTransport) -> None:
    """`user:p%40ss@` is sent as Authorization and not shown in the final URL."""
    with serving(always(answer())) as server:
        url = server.url.replace("//", "//ada:p%40ss@")
        exchange = transport.send(Request("GET", url), None)
    assert b"Authorization: Basic YWRhOnBAc3M=\r\n" in server.requests[0]
    assert exchange.response.url == server.url


def test_header_values_beyond_ascii(transport: HttpTransport) -> None:
    """A value goes as latin-1 where that holds it, else as UTF-8."""
    with serving(always(answer())) as server:
        transport.send(Request("GET", server.url, (("X-L", "é"), ("X-U", "日"))), None)
    assert b"X-L: \xe9\r\n" in server.requests[0]
    assert b"X-U: \xe6\x97\xa5\r\n" in server.requests[0]


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        (
            Request("GET", "http://127.0.0.1:1/", (("X-A", "b\r\nX-C: d"),)),
            "the header X-A holds a line break",
        ),
        (Request("GET", "http://127.0.0.1:1/", (("X A", "b"),)), "'X A' cannot be a header name"),
        (Request("GE T", "http://127.0.0.1:1/"), "'GE T' cannot be a method"),
    ],
)
def test_what_would_break_the_framing_is_not_sent(transport: HttpTransport, request_: Request, message: str) -> None:
    """A header or method that would change the message's framing is an error of kind protocol."""
    error = fault(transport, request_)
    assert error.kind == "protocol"
    assert message in error.message


@pytest.mark.parametrize("url", ["/users", "http://", "ftp://a/b", "http://a:99999/", "http://a:x/", "http://[::zz]/"])
def test_bad_urls(transport: HttpTransport, url: str) -> None:
    """A URL without host, with another scheme or a bad port is an error of kind url."""
    assert fault(transport, Request("GET", url)).kind == "url"


def test_ipv6_literal(transport: HttpTransport) -> None:
    """An IPv6 literal connects, and stands in brackets in the Host header and in messages."""
    with suppress(OSError), socket.create_server(("::1", 0), family=socket.AF_INET6) as listener:
        port = listener.getsockname()[1]
    error = fault(transport, Request("GET", f"http://[::1]:{port}/"))
    assert f"[::1]:{port}" in error.message


# What comes back


def test_answer_is_complete(transport: HttpTransport) -> None:
    """Status, reason, headers in order, body, final URL and version are those of the answer."""
    data = answer(b"hello", b"X-A: 1", b"x-a: 2", status=b"418 Short and stout")
    response = get(transport, data).response
    assert (response.status, response.reason, response.content) == (418, "Short and stout", b"hello")
    assert response.headers == (("Content-Length", "5"), ("X-A", "1"), ("x-a", "2"))
    assert response.header("x-a") == "1, 2"
    assert response.http_version == "HTTP/1.1"


def test_missing_reason_is_the_usual_phrase(transport: HttpTransport) -> None:
    """A server that gives no reason phrase gets the usual one, an unknown status none."""
    assert get(transport, answer(status=b"404 ")).response.reason == "Not Found"
    assert get(transport, answer(status=b"799 ")).response.reason == ""


@pytest.mark.parametrize(
    "data",
    [
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2;x=y\r\nlo\r\n0\r\nT: 1\r\n\r\n",
        b"HTTP/1.0 200 OK\r\n\r\nhello",
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + answer(b"hello"),
        answer(gzip.compress(b"hello"), b"Content-Encoding: gzip"),
        answer(gzip.compress(b"hello") + b"\0\0", b"Content-Encoding: x-gzip"),
        answer(zlib.compress(b"hello"), b"Content-Encoding: deflate"),
        answer(zlib.compress(b"hello", wbits=-15), b"Content-Encoding: deflate"),
        answer(gzip.compress(zlib.compress(b"hello")), b"Content-Encoding: deflate, identity, gzip"),
    ],
    ids=["chunked", "close", "1xx", "gzip", "padded", "zlib", "deflate", "both"],
)
def test_framings_and_codings(transport: HttpTransport, data: bytes) -> None:
    """Every framing and every content coding gives the same body."""
    response = get(transport, data).response
    assert (response.status, response.content) == (200, b"hello")


@pytest.mark.parametrize(
    ("method", "data"),
    [
        ("HEAD", b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\nContent-Encoding: gzip\r\n\r\n"),
        ("GET", b"HTTP/1.1 204 No Content\r\n\r\n"),
        ("GET", b"HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n"),
    ],
)
def test_answers_without_a_body_keep_their_connection(transport: HttpTransport, method: str, data: bytes) -> None:
    """HEAD, 204 and 304 have no body whatever their headers say, and their connection is kept."""
    with serving(always(data)) as server:
        for _ in range(2):
            assert transport.send(Request(method, server.url), None).response.content == b""
        assert server.connections == 1


# Too large


def test_announced_body_over_the_limit_is_not_read(transport: HttpTransport) -> None:
    """A Content-Length over max_body fails at once, with both sizes and what to do."""
    error = fault_of(transport, once(answer(b"x" * 1001)), max_body=1000)
    assert (error.kind, error.hint) == ("too-large", "raise `max_body`")
    assert error.message == "the body is too large: 1,001 bytes are announced, max_body is 1,000"


def test_endless_body_is_left_at_the_limit(transport: HttpTransport) -> None:
    """An endless chunked body ends at max_body, and the connection is closed."""

    def endless(client: Client) -> None:
        client.receive()
        client.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while True:  # until the client hangs up
            client.send(b"1000\r\n" + b"x" * 4096 + b"\r\n")

    assert fault_of(transport, endless, max_body=10_000).kind == "too-large"


def test_gzip_bomb_is_left_at_the_limit(transport: HttpTransport) -> None:
    """max_body bounds the decoded body: a bomb is left after the first pieces of it."""
    bomb = answer(gzip.compress(bytes(50_000_000)), b"Content-Encoding: gzip")
    error = fault_of(transport, once(bomb), max_body=100_000)
    assert error.message == "the body is too large: more than 100,000 bytes came, max_body is 100,000"


def test_bomb_in_a_bomb_is_left_at_the_limit(transport: HttpTransport) -> None:
    """A body that is coded twice is left at max_body as well."""
    bomb = answer(gzip.compress(gzip.compress(bytes(50_000_000))), b"Content-Encoding: gzip, gzip")
    assert fault_of(transport, once(bomb), max_body=100_000).kind == "too-large"


def test_body_of_exactly_the_limit_is_taken(transport: HttpTransport) -> None:
    """max_body is the largest size that is allowed."""
    assert get(transport, answer(b"12345"), max_body=5).response.content == b"12345"


# The deadline


def drip_header(client: Client) -> None:
    client.receive()
    client.drip(b"HTTP/1.1 200 OK\r\nX-Slow: " + b"x" * 200 + b"\r\n\r\n")


def drip_body(client: Client) -> None:
    client.receive()
    client.send(b"HTTP/1.1 200 OK\r\nContent-Length: 200\r\n\r\n")
    client.drip(b"x" * 200)


def say_nothing(client: Client) -> None:
    client.receive()
    client.wait()


TIMEOUTS = [
    (say_nothing, "no answer within 0.3 s (connected, request sent)"),
    (drip_header, "the header of the answer was not complete after 0.3 s"),
    (drip_body, " of 200 bytes)"),
]


@pytest.mark.parametrize(("handler", "message"), TIMEOUTS)
def test_deadline_is_for_the_whole(transport: HttpTransport, handler: Handler, message: str) -> None:
    """A server that drips or is silent is left when the time is over, and the message names the phase."""
    error = fault_of(transport, handler, timeout=0.3)
    assert error.kind == "timeout"
    assert error.message.endswith(message)


def test_deadline_of_an_upload(transport: HttpTransport) -> None:
    """A server that never reads a large upload is left when the time is over."""
    error = fault_of(transport, Client.wait, method="POST", body=bytes(50_000_000), timeout=0.3)
    assert (error.kind, "does not read" in error.message) == ("timeout", True)


def test_deadline_of_redirects(transport: HttpTransport) -> None:
    """Redirects do not start the time anew: many quick ones end when the time of one is over."""

    def slow_circle(client: Client) -> None:
        while client.receive() and not client.server.stopping.wait(0.05):
            client.send(answer(b"", b"Location: /", status=b"302 Found"))

    error = fault_of(transport, slow_circle, timeout=0.3, max_redirects=100)
    assert error.kind == "timeout"


def test_deadline_of_connecting(transport: HttpTransport) -> None:
    """A host that does not take the connection is left when the time is over."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listener:
        waiting = [socket.socket() for _ in range(4)]  # more than the backlog holds
        for sock in waiting:
            sock.setblocking(False)
            sock.connect_ex(listener.getsockname())
        error = fault(transport, Request("GET", f"http://127.0.0.1:{listener.getsockname()[1]}/", timeout=0.3))
        for sock in waiting:
            sock.close()
    assert (error.kind, error.message) == ("timeout", "no connection within 0.3 s")


def test_deadline_of_the_tls_handshake(transport: HttpTransport) -> None:
    """A server that accepts and does not answer the TLS handshake is left when the time is over."""
    with serving(Client.wait) as server:
        error = fault(transport, Request("GET", server.url.replace("http", "https"), timeout=0.3))
    assert (error.kind, error.message) == ("timeout", "no TLS handshake within 0.3 s (connected)")


def test_deadline_of_the_resolver(transport: HttpTransport, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name server that does not answer cannot hold a request."""
    release, left = threading.Event(), threading.Event()

    def hang(*_: Any, **__: Any) -> Any:
        release.wait()
        left.set()
        raise socket.gaierror(socket.EAI_AGAIN, "too late")

    monkeypatch.setattr(socket, "getaddrinfo", hang)
    error = fault(transport, Request("GET", "http://slow.example/", timeout=0.2))
    release.set()
    assert left.wait(10)
    assert (error.kind, error.message) == ("timeout", "the host name was not resolved within 0.2 s")


def test_deadline_of_a_free_connection() -> None:
    """A request that finds all connections in use waits no longer than its time."""
    transport = HttpTransport(connections=1)
    arrived = threading.Event()

    def hold(client: Client) -> None:
        client.receive()
        arrived.set()
        client.wait()

    with serving(hold) as server:
        busy = threading.Thread(target=lambda: fault(transport, Request("GET", server.url)))
        busy.start()
        assert arrived.wait(10)
        error = fault(transport, Request("GET", server.url, timeout=0.2))
        transport.close()
        busy.join(10)
    assert (error.kind, error.message) == ("timeout", "no free connection within 0.2 s")
    assert not busy.is_alive()


# Redirects


def moved(location: str, status: bytes = b"302 Found", *headers: bytes) -> bytes:
    return answer(b"gone", b"Location: " + location.encode(), *headers, status=status)


def test_redirects_are_followed_and_listed(transport: HttpTransport) -> None:
    """Relative Locations are resolved, each hop is listed with its status, and the URL is the final one."""
    table = {b"/a/b": moved("../c?x=1"), b"/c?x=1": moved("d", b"307 T"), b"/d": answer(b"here")}
    with serving(routes(table)) as server:
        exchange = transport.send(Request("GET", f"{server.url}/a/b"), None)
        assert server.connections == 1
    response = exchange.response
    assert response.redirects == (
        Redirect(302, f"{server.url}/a/b"),
        Redirect(307, f"{server.url}/c?x=1"),
    )
    assert (response.content, response.url) == (b"here", f"{server.url}/d")
    assert exchange.request.url == f"{server.url}/a/b"


def test_redirect_is_the_answer_without_redirects(transport: HttpTransport) -> None:
    """With max_redirects 0 the redirect is an answer like any other; one without Location always is."""
    response = get(transport, moved("/b"), max_redirects=0).response
    assert (response.status, response.content, response.redirects) == (302, b"gone", ())
    assert get(transport, answer(b"x", status=b"302 Found")).response.content == b"x"


def test_too_many_redirects(transport: HttpTransport) -> None:
    """More redirects than allowed are an error that says how many and where the last one went."""
    with serving(routes({b"/": moved("/a"), b"/a": moved("/b"), b"/b": moved("/again")})) as server:
        error = fault(transport, Request("GET", server.url, max_redirects=2))
        assert len(server.requests) == 3
    assert (error.kind, error.message) == ("redirect", "more than 2 redirects; the last went to /again")


@pytest.mark.parametrize("location", ["ftp://a/b", "mailto:a@b", "http://[::1", "http://a:b:c/"])
def test_locations_that_cannot_be_followed(transport: HttpTransport, location: str) -> None:
    """A Location that is no http or https URL is an error of kind redirect."""
    error = fault_of(transport, once(moved(location)))
    assert error.kind == "redirect"
    assert location in error.message


def test_303_drops_the_body_and_307_keeps_it(transport: HttpTransport) -> None:
    """After 303 a GET follows without body and body headers; after 307 the same request with its body."""
    table = {b"/303": moved("/end", b"303 S"), b"/307": moved("/end", b"307 T"), b"/end": answer()}
    own = (("Content-Type", "text/plain"), ("X-A", "1"))
    with serving(routes(table)) as server:
        for path in ("/303", "/307"):
            transport.send(Request("POST", server.url + path, own, b"body"), None)
    _, after_303, _, after_307 = server.requests
    assert after_303.startswith(b"GET /end ")
    assert b"X-A: 1\r\n" in after_303
    assert b"Content-" not in after_303
    assert after_307.startswith(b"POST /end ")
    assert after_307.endswith(b"Content-Type: text/plain\r\nX-A: 1\r\nContent-Length: 4\r\n\r\nbody")


def test_credentials_stay_at_their_origin(transport: HttpTransport) -> None:
    """Another port gets no credential and no repeated secret query entry; the way back has them again."""
    own = (
        ("Authorization", "Bearer s3cret"),
        ("X-Api-Key", "s3cret"),
        ("Cookie", "a=s3cret"),
        ("X-Open", "1"),
    )
    ways: dict[bytes, bytes] = {}
    back: dict[bytes, bytes] = {}
    with serving(routes(ways)) as first, serving(routes(back)) as other:
        back[b"/?open=1"] = moved(f"{first.url}/back?key=s3cret&open=2")
        ways[b"/?key=s3cret&open=1"] = moved(f"{other.url}/?key=s3cret&open=1#f")
        ways[b"/back?key=s3cret&open=2"] = answer(b"end")
        request = Request(
            "GET",
            f"{first.url}/?key=s3cret&open=1",
            own,
            secret_headers=frozenset({"x-api-key"}),
            secret_query=frozenset({"key"}),
        )
        assert transport.send(request, None).response.content == b"end"
    assert b"s3cret" not in other.requests[0]
    assert other.requests[0].startswith(b"GET /?open=1 ")
    assert b"X-Open: 1\r\n" in other.requests[0]
    for value in (b"Bearer s3cret", b"X-Api-Key: s3cret", b"Cookie: a=s3cret"):
        assert value in first.requests[1]


# Cookies


def test_cookies_are_kept_from_each_hop(transport: HttpTransport) -> None:
    """Cookies of every hop are listed in order, stored, and sent by the very next hop and request."""
    table = {
        b"/in": moved("/home", b"302 F", b"Set-Cookie: sid=1; Path=/", b"Set-Cookie: x=2"),
        b"/home": answer(b"", b"Set-Cookie: y=3"),
    }
    jar = CookieJar()
    with serving(routes(table)) as server:
        response = transport.send(Request("GET", f"{server.url}/in"), jar).response
        exchange = transport.send(Request("GET", f"{server.url}/home", (("Cookie", "x=own"),)), jar)
    assert response.set_cookies == ("sid=1; Path=/", "x=2", "y=3")
    assert b"Cookie: sid=1; x=2\r\n" in server.requests[1]
    assert exchange.request.header("cookie") == "x=own; sid=1; y=3"


# Connections


def test_connection_is_kept(transport: HttpTransport) -> None:
    """Requests one after the other share a connection."""
    with serving(always(answer(b"x"))) as server:
        for _ in range(5):
            transport.send(Request("GET", server.url), None)
        assert server.connections == 1


def test_threads_share_connections(transport: HttpTransport) -> None:
    """Many threads send at once, each gets its own answer, over no more connections than threads."""

    def echo(client: Client) -> None:
        while request := client.receive():
            client.send(answer(request.split(b" ")[1]))

    wrong: list[bytes] = []

    def work(number: int) -> None:
        for turn in range(20):
            path = f"/{number}/{turn}"
            content = transport.send(Request("GET", server.url + path), None).response.content
            if content != path.encode():
                wrong.append(content)

    with serving(echo) as server:
        threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert server.connections <= 8
        assert len(server.requests) == 160
    assert not wrong


def hang_up_on_second_request(client: Client) -> None:
    """Say keep-alive, and close when the next request comes: the race of an idle connection."""
    client.receive()
    client.send(answer(b"x", b"Connection: keep-alive"))
    if client.number < 3:
        client.receive()
    else:
        always(answer(b"x"))(client)


def test_stale_connection_is_replaced(transport: HttpTransport) -> None:
    """An idempotent request that meets a connection just being closed goes out again on another one."""
    with serving(hang_up_on_second_request) as server:
        for _ in range(3):
            assert transport.send(Request("GET", server.url), None).response.status == 200


def test_post_is_never_repeated(transport: HttpTransport) -> None:
    """A POST whose connection closes without an answer is an error: it may have been carried out."""
    with serving(hang_up_on_second_request) as server:
        transport.send(Request("GET", server.url), None)
        error = fault(transport, Request("POST", server.url, body=b"x"))
        assert server.connections == 1
    assert error.kind == "reset"


def test_connection_closed_after_each_answer(transport: HttpTransport) -> None:
    """A server that says keep-alive and closes after each answer is asked on new connections."""
    with serving(once(answer(b"x", b"Connection: keep-alive"))) as server:
        for _ in range(20):
            assert transport.send(Request("GET", server.url), None).response.content == b"x"


def test_close_wakes_who_waits(transport: HttpTransport) -> None:
    """Closing the transport ends a request that another thread waits for."""
    arrived = threading.Event()
    errors: list[TransportError] = []

    def silent(client: Client) -> None:
        client.receive()
        arrived.set()
        client.wait()

    with serving(silent) as server:
        request = Request("GET", server.url, timeout=60)
        thread = threading.Thread(target=lambda: errors.append(fault(transport, request)))
        thread.start()
        assert arrived.wait(10)
        transport.close()
        thread.join(10)
    assert [error.kind for error in errors] == ["reset"]


def test_interrupt_gets_through(transport: HttpTransport, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C while a body is read is no transport error, and leaves the transport usable."""
    with serving(always(answer(b"x"))) as server:
        with monkeypatch.context() as patch:
            patch.setattr(httpx.Response, "iter_raw", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
            with pytest.raises(KeyboardInterrupt):
                transport.send(Request("GET", server.url), None)
        assert transport.send(Request("GET", server.url), None).response.content == b"x"


# Faults of the network


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def test_refused(transport: HttpTransport) -> None:
    """A port without a server: connection refused, with host and port."""
    port = free_port()
    error = fault(transport, Request("GET", f"http://127.0.0.1:{port}/"))
    assert (error.kind, error.message) == ("connect", f"connection refused by 127.0.0.1:{port}")
    assert error.hint


@pytest.mark.parametrize("code", [socket.EAI_NONAME, socket.EAI_AGAIN])
def test_unknown_host(transport: HttpTransport, monkeypatch: pytest.MonkeyPatch, code: int) -> None:
    """A host that nobody knows: its name is in the message."""

    def unknown(*_: Any, **__: Any) -> Any:
        raise socket.gaierror(code, "no")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    error = fault(transport, Request("GET", "http://no-such-host.example/"))
    assert error.kind == "dns"
    assert error.message.startswith("cannot resolve host 'no-such-host.example'")


def test_every_address_is_tried(transport: HttpTransport, monkeypatch: pytest.MonkeyPatch) -> None:
    """A host of several addresses is reached by the one that answers."""
    real = socket.getaddrinfo

    def two(host: bytes | str, port: int, *args: Any, **named: Any) -> Any:
        if host != b"two.example":
            return real(host, port, *args, **named)
        return real("127.0.0.1", refused, **named) + real("127.0.0.1", port, **named)

    refused = free_port()
    with serving(always(answer(b"x"))) as server:
        monkeypatch.setattr(socket, "getaddrinfo", two)
        url = f"http://two.example:{server.port}/"
        assert transport.send(Request("GET", url), None).response.content == b"x"


BROKEN = [
    (b"", "reset", "closed the connection without an answer"),
    (b"HTTP/1.1 200 OK\r\nX-", "reset", "in the middle of its answer's header"),
    (b"SSH-2.0-OpenSSH_9\r\n\r\n", "protocol", "is not valid HTTP"),
    (b"\x15\x03\x01\x00\x02\x02\x46", "tls", "speaks TLS, not plain HTTP"),
    (b"HTTP/1.1 200 OK\r\nbad header\r\n\r\n", "protocol", "is not valid HTTP"),
    (b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this", "reset", "closed after 9 of 100 bytes"),
    (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel", "reset", "closed after 3 bytes"),
    (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "protocol", "the body is broken"),
    (b"HTTP/1.1 200 OK\r\nX: " + b"x" * 200_000, "protocol", "is not valid HTTP"),
    (answer(b"not gzip", b"Content-Encoding: gzip"), "encoding", "the body is not valid gzip"),
    (answer(b"hello", b"Content-Encoding: compress"), "encoding", "the content coding 'compress'"),
]


@pytest.mark.parametrize(("data", "kind", "message"), BROKEN)
def test_broken_answers(transport: HttpTransport, data: bytes, kind: str, message: str) -> None:
    """Whatever a server sends that is no complete HTTP message has its kind and one clear line."""
    error = fault_of(transport, once(data))
    assert error.kind == kind
    assert message in error.message
    assert "\n" not in error.message


def test_reset_in_the_body(transport: HttpTransport) -> None:
    """A connection that is reset says how much of the body had come."""

    linger = b"\1\0\0\0\0\0\0\0"

    def reset_after_the_start(client: Client) -> None:
        client.receive()
        client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        client.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n")

    error = fault_of(transport, reset_after_the_start)
    assert error.kind == "reset"
    assert "reset" in error.message


def test_answer_before_the_upload_is_read(transport: HttpTransport) -> None:
    """A server that refuses an upload unread is heard: its answer counts, not the broken upload."""

    def refuse(client: Client) -> None:
        client.socket.recv(1000)
        client.send(answer(b"too much", status=b"413 Content Too Large"))
        client.socket.shutdown(socket.SHUT_WR)
        while client.socket.recv(65_536):
            pass

    with serving(refuse) as server:
        exchange = transport.send(Request("POST", server.url, body=bytes(2_000_000)), None)
    assert exchange.response.status == 413


# Proxies


def test_plain_http_goes_through_the_proxy(transport: HttpTransport) -> None:
    """A proxy is asked for the absolute URL, with its credentials; the server's Host header stays."""
    with serving(always(answer(b"proxied"))) as proxy:
        way = Connection(proxy=f"http://user:p%40ss@127.0.0.1:{proxy.port}")
        request = Request("GET", "http://api.example/a%2Fb?$x=1", connection=way)
        assert transport.send(request, None).response.content == b"proxied"
    assert proxy.requests[0].startswith(b"GET http://api.example/a%2Fb?$x=1 HTTP/1.1\r\n")
    assert b"Host: api.example\r\n" in proxy.requests[0]
    assert b"Proxy-Authorization: Basic dXNlcjpwQHNz\r\n" in proxy.requests[0]


@pytest.mark.parametrize(
    ("environment", "proxied"),
    [
        ({"HTTP_PROXY": "P"}, True),
        ({"http_proxy": "P"}, True),
        ({"ALL_PROXY": "P"}, True),
        ({"HTTPS_PROXY": "P"}, False),
        ({"HTTP_PROXY": "P", "NO_PROXY": "other.example,127.0.0.1"}, False),
        ({"HTTP_PROXY": "P", "NO_PROXY": "*"}, False),
    ],
)
def test_proxies_of_the_environment(
    transport: HttpTransport, monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], proxied: bool
) -> None:
    """HTTP_PROXY, ALL_PROXY and NO_PROXY count, for loopback as well; `proxy: ""` switches them off."""
    with serving(always(answer(b"server"))) as server, serving(always(answer(b"proxy"))) as proxy:
        for name, value in environment.items():
            monkeypatch.setenv(name, value.replace("P", f"127.0.0.1:{proxy.port}"))
        content = transport.send(Request("GET", server.url), None).response.content
        assert content == (b"proxy" if proxied else b"server")
        direct = Request("GET", server.url, connection=Connection(proxy=""))
        assert transport.send(direct, None).response.content == b"server"


def test_proxy_faults(transport: HttpTransport) -> None:
    """A proxy that is not there, refuses, or is no URL is an error of kind proxy that says so."""
    port = free_port()
    refused = Request("GET", "http://api.example/", connection=Connection(proxy=f"http://127.0.0.1:{port}"))
    assert fault(transport, refused).message == f"connection refused by proxy 127.0.0.1:{port}"
    bad = Request("GET", "http://api.example/", connection=Connection(proxy="gopher://x"))
    with serving(once(answer(status=b"407 Proxy Authentication Required"))) as proxy:
        way = Connection(proxy=proxy.url)
        errors = [
            fault(transport, refused),
            fault(transport, bad),
            fault(transport, Request("GET", "https://api.example/", connection=way)),
            fault(transport, Request("GET", "http://api.example/", connection=way)),
        ]
    assert [error.kind for error in errors] == ["proxy"] * 4
    assert errors[2].message == errors[3].message == "the proxy answered 407 Proxy Authentication Required"


@pytest.mark.parametrize("url", ["http://user:S-p@ss@proxy:port", "http://user:S-p@ss@", "gopher://user:S-p@ss@x"])
def test_a_proxy_that_is_no_url_keeps_its_password(transport: HttpTransport, url: str) -> None:
    """The fault of a proxy's URL shows neither user nor password, which may have come from the environment."""
    error = fault(transport, Request("GET", "http://127.0.0.1:1/", connection=Connection(proxy=url)))
    assert (error.kind, "S-p" in error.message, "user" in error.message) == ("proxy", False, False)


# TLS


@pytest.fixture(scope="session")
def pki(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A CA and certificates made by openssl: `good`, `other` (another host), `old` (expired), `alone`."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    folder = tmp_path_factory.mktemp("pki")

    def openssl(*words: str) -> None:
        subprocess.run(["openssl", *words], cwd=folder, check=True, capture_output=True)

    def key(name: str, *more: str) -> None:
        request = (
            "req",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-nodes",
            "-keyout",
            f"{name}.key",
        )
        openssl(*request, "-subj", f"/CN={name}", *more)

    key("ca", "-x509", "-days", "2", "-out", "ca.pem", "-addext", "keyUsage=critical,keyCertSign")
    key("alone", "-x509", "-days", "2", "-out", "alone.pem", "-addext", "subjectAltName=IP:127.0.0.1")
    (folder / "ca.cnf").write_text(
        "[ca]\ndefault_ca=x\n[x]\ndatabase=index.txt\nnew_certs_dir=.\nrand_serial=yes\ndefault_md=sha256\n"
        "policy=p\ncopy_extensions=copy\nx509_extensions=e\ncertificate=ca.pem\nprivate_key=ca.key\nunique_subject=no\n"
        "[p]\ncommonName=supplied\n[e]\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n"
    )
    (folder / "index.txt").touch()
    times = {
        "good": ("-days", "2"),
        "other": ("-days", "2"),
        "old": ("-startdate", "20200101000000Z", "-enddate", "20200102000000Z"),
    }
    for name, time in times.items():
        names = "subjectAltName=DNS:elsewhere.example" if name == "other" else "subjectAltName=IP:127.0.0.1"
        key(name, "-out", f"{name}.csr", "-addext", names)
        openssl("ca", "-batch", "-config", "ca.cnf", "-in", f"{name}.csr", "-out", f"{name}.pem", "-notext", *time)
    return folder


def server_context(pki: Path, name: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pki / f"{name}.pem", pki / f"{name}.key")
    return context


def test_https_with_a_ca_file(transport: HttpTransport, pki: Path) -> None:
    """`verify` with a CA file trusts what that CA has signed; the connection is kept."""
    way = Connection(verify=str(pki / "ca.pem"))
    with serving(always(answer(b"safe")), server_context(pki, "good")) as server:
        for _ in range(3):
            request = Request("GET", server.url, connection=way)
            assert transport.send(request, None).response.content == b"safe"
        assert server.connections == 1


@pytest.mark.parametrize(
    ("name", "message"),
    [("other", "is for another"), ("old", "has expired"), ("alone", "is self-signed")],
)
def test_bad_certificates(transport: HttpTransport, pki: Path, name: str, message: str) -> None:
    """Each fault of a certificate has its own words and a hint; `verify: false` takes them all."""
    with serving(always(answer(b"x")), server_context(pki, name)) as server:
        error = fault(transport, Request("GET", server.url, connection=Connection(verify=str(pki / "ca.pem"))))
        assert (error.kind, "--insecure" in error.hint) == ("tls", True)
        assert f"the certificate of 127.0.0.1:{server.port} {message}" in error.message
        open_ = Request("GET", server.url, connection=Connection(verify=False))
        assert transport.send(open_, None).response.content == b"x"


def test_unknown_ca(transport: HttpTransport, pki: Path) -> None:
    """A certificate of a CA that the system does not know is refused, with `--cacert` as the hint."""
    with serving(always(answer()), server_context(pki, "good")) as server:
        error = fault(transport, Request("GET", server.url))
    assert error.message.endswith("is from a CA that is not trusted")
    assert "--cacert" in error.hint


def test_client_certificate_is_asked_for(transport: HttpTransport, pki: Path) -> None:
    """A server that wants a client certificate is named as such."""
    context = server_context(pki, "good")
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(pki / "ca.pem")
    with serving(always(answer()), context) as server:
        error = fault(transport, Request("GET", server.url, connection=Connection(verify=False)))
    assert (error.kind, "--cert" in error.hint) == ("tls", True)


def test_https_spoken_to_plain_http(transport: HttpTransport) -> None:
    """https to a plain HTTP server says that it does not speak TLS."""
    with serving(lambda client: client.send(b"HTTP/1.1 400 Bad Request\r\n\r\n")) as server:
        error = fault(transport, Request("GET", server.url.replace("http", "https")))
    assert (error.kind, error.message.endswith("does not speak TLS")) == ("tls", True)


def test_hang_up_in_the_handshake(transport: HttpTransport) -> None:
    """A server that hangs up in the TLS handshake says that it closed the connection there."""
    with serving(lambda c: c.socket.recv(10_000) and None) as server:
        error = fault(transport, Request("GET", server.url.replace("http", "https")))
    assert error.kind == "tls"
    assert "during the TLS handshake" in error.message


@pytest.mark.parametrize("text", [None, "no certificate"])
def test_bad_ca_file(transport: HttpTransport, tmp_path: Path, text: str | None) -> None:
    """A CA file that is missing or holds no certificate is an error that names it."""
    path = tmp_path / "ca.pem"
    if text:
        path.write_text(text)
    error = fault(transport, Request("GET", "https://127.0.0.1:1/", connection=Connection(verify=str(path))))
    assert error.kind == "tls"
    assert str(path) in error.message


def test_https_through_a_proxy(transport: HttpTransport, pki: Path) -> None:
    """https goes through a proxy in a tunnel that ends at the server."""

    def tunnel(client: Client) -> None:
        client.receive()
        client.send(b"HTTP/1.1 200 Connected\r\n\r\n")
        secured = client.server.secure(client.socket, server_context(pki, "good"))
        with secured:
            always(answer(b"inside"))(Client(secured, client.server, 0))

    with serving(tunnel) as proxy:
        way = Connection(verify=str(pki / "ca.pem"), proxy=proxy.url)
        request = Request("GET", "https://127.0.0.1:9/x", connection=way)
        assert transport.send(request, None).response.content == b"inside"
    assert proxy.requests[0].startswith(b"CONNECT 127.0.0.1:9 HTTP/1.1\r\n")
    assert proxy.requests[1].startswith(b"GET /x HTTP/1.1\r\n")


def test_silence_behind_a_proxy(transport: HttpTransport, pki: Path) -> None:
    """A server that is silent at the end of a tunnel gave no answer, although the proxy did."""

    def tunnel(client: Client) -> None:
        client.receive()
        client.send(b"HTTP/1.1 200 Connected\r\n\r\n")
        with client.server.secure(client.socket, server_context(pki, "good")) as secured:
            say_nothing(Client(secured, client.server, 0))

    with serving(tunnel) as proxy:
        way = Connection(verify=False, proxy=proxy.url)
        error = fault(transport, Request("GET", "https://127.0.0.1:9/", connection=way, timeout=0.5))
    assert error.message == "no answer within 0.5 s (connected, request sent)"


def test_plain_http_makes_no_tls_context(transport: HttpTransport, monkeypatch: pytest.MonkeyPatch) -> None:
    """No TLS context is made for http, and one for each setting of https."""
    made: list[bool | str] = []

    def count(verify: bool | str, certificate: object) -> ssl.SSLContext:
        made.append(verify)
        return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)

    monkeypatch.setattr(routes_module, "tls_context", count)
    with serving(always(answer())) as server:
        transport.send(Request("GET", server.url), None)
    assert made == []
    for verify in (True, False, True):
        for port in (free_port(), free_port()):
            fault(transport, Request("GET", f"https://127.0.0.1:{port}/", connection=Connection(verify=verify)))
    assert made == [True, False]
