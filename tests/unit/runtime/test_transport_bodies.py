"""Bodies on the way out and in, against a server of raw bytes: streamed, sent again, saved, timed by each wait."""

from __future__ import annotations

import gzip
import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest

from runner.engine.exchange import Request, Response, Saved, SaveTo
from runner.engine.payload import BodyFile, BodyPart, Multipart
from runner.errors import TransportError
from runner.runtime.transport import HttpTransport
from runner.runtime.transport.network import Patience

Talk = Callable[[socket.socket, "Peer"], None]


class Peer:
    """A listener; `talk` is called with each connection. `bodies` are those that `read` has read."""

    def __init__(self, talk: Talk) -> None:
        self.talk = talk
        self.heads: list[bytes] = []
        self.bodies: list[bytes] = []
        self.over = threading.Event()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        self.open: list[socket.socket] = []
        self.threads = [threading.Thread(target=self._accept)]
        self.threads[0].start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            self.open.append(connection)
            self.threads.append(threading.Thread(target=self._serve, args=(connection,)))
            self.threads[-1].start()

    def _serve(self, connection: socket.socket) -> None:
        with suppress(OSError), connection:
            self.talk(connection, self)

    def read(self, connection: socket.socket) -> bool:
        """One whole request; false when there is none any more."""
        got = b""
        while b"\r\n\r\n" not in got:
            data = connection.recv(65_536)
            if not data:
                return False
            got += data
        head, _, body = got.partition(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0] or 0)
        while len(body) < length and (data := connection.recv(65_536)):
            body += data
        self.heads.append(head)
        self.bodies.append(body)
        return True

    def stop(self) -> None:
        self.over.set()
        for each in (self.listener, *self.open):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        for thread in self.threads:
            thread.join(10)
            assert not thread.is_alive()


@pytest.fixture
def peer() -> Iterator[Callable[[Talk], Peer]]:
    """`peer(talk)`: a server that is stopped with the test."""
    started: list[Peer] = []

    def start(talk: Talk) -> Peer:
        started.append(Peer(talk))
        return started[-1]

    yield start
    for one in started:
        one.stop()


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)


@pytest.fixture
def transport() -> Iterator[HttpTransport]:
    made = HttpTransport()
    yield made
    made.close()


def answer(body: bytes = b"", status: str = "200 OK", *headers: str) -> bytes:
    return "\r\n".join([f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers, "", ""]).encode() + body


def always(data: bytes) -> Talk:
    def talk(connection: socket.socket, peer: Peer) -> None:
        while peer.read(connection):
            connection.sendall(data)

    return talk


def in_turn(*answers: bytes) -> Talk:
    left = list(answers)

    def talk(connection: socket.socket, peer: Peer) -> None:
        while peer.read(connection):
            connection.sendall(left.pop(0))

    return talk


CONTENT = bytes(range(256)) * 1000


def body_file(content: bytes = CONTENT, fault: TransportError | None = None) -> BodyFile:
    def read() -> Iterator[bytes]:
        for start in range(0, len(content), 50_000):
            yield content[start : start + 50_000]
        if fault:
            raise fault

    return BodyFile("x.bin", len(content) + (1 if fault else 0), read)


class Kept:
    """A place in memory for a download."""

    def __init__(self) -> None:
        self.content: bytes | None = None
        self.announced: int | None = None
        self.pieces = 0

    def save(self) -> SaveTo:
        return SaveTo("out.bin", self.write)

    def write(self, pieces: Iterator[bytes], announced: int | None) -> int:
        self.announced = announced
        content = b""
        for piece in pieces:
            self.pieces += 1
            content += piece
        self.content = content
        return len(content)


Make = Callable[[Talk], Peer]

# Out


def test_a_file_is_streamed_with_its_length(transport: HttpTransport, peer: Make) -> None:
    """Content-Length is known before, and the bytes are those of the file."""
    server = peer(always(answer()))
    transport.send(Request("PUT", server.url, body=body_file()), None)
    assert server.bodies == [CONTENT]
    assert f"content-length: {len(CONTENT)}".encode() in server.heads[0].lower()
    assert b"transfer-encoding" not in server.heads[0].lower()


def test_a_multipart_body_is_streamed(transport: HttpTransport, peer: Make) -> None:
    """What was announced is what comes, files within it."""
    server = peer(always(answer()))
    parts = (BodyPart("a", b"text"), BodyPart("f", body_file(), "x.bin", "image/png"))
    transport.send(Request("POST", server.url, body=Multipart("XYZ", parts)), None)
    assert CONTENT in server.bodies[0]
    assert server.bodies[0].endswith(b"\r\n--XYZ--\r\n")


@pytest.mark.parametrize(
    ("status", "bodies", "methods"),
    [
        ("307 Temporary Redirect", [CONTENT, CONTENT], [b"POST", b"POST"]),
        ("308 Permanent Redirect", [CONTENT, CONTENT], [b"POST", b"POST"]),
        ("303 See Other", [CONTENT, b""], [b"POST", b"GET"]),
        ("302 Found", [CONTENT, b""], [b"POST", b"GET"]),
    ],
)
def test_a_redirect_sends_the_file_again(
    transport: HttpTransport, peer: Make, status: str, bodies: list[bytes], methods: list[bytes]
) -> None:
    """307 and 308 ask with the same body, from its beginning; others ask without one."""
    server = peer(in_turn(answer(b"", status, "Location: /there"), answer(b"ok")))
    request = Request("POST", server.url, (("Content-Type", "image/png"),), body_file())
    assert transport.send(request, None).response.content == b"ok"
    assert (server.bodies, [head.split()[0] for head in server.heads]) == (bodies, methods)
    assert (b"content-type" in server.heads[1].lower()) is bool(bodies[1])


def test_a_connection_that_was_just_closed_gets_the_file_again(transport: HttpTransport, peer: Make) -> None:
    """An idempotent request on a stale connection goes out anew, its file too."""

    def talk(connection: socket.socket, server: Peer) -> None:
        server.read(connection)
        connection.sendall(answer(b"ok"))

    server = peer(talk)
    for _ in range(2):
        assert transport.send(Request("PUT", server.url, body=body_file()), None).response.content == b"ok"
    assert server.bodies[-1] == CONTENT


def test_a_file_that_fails_on_the_way(transport: HttpTransport, peer: Make) -> None:
    """The fault of the file is that of the request; the server never gets a whole body, and the transport goes on."""
    server = peer(always(answer(b"ok")))
    fault = TransportError("file", "'x.bin' changed")
    with pytest.raises(TransportError) as caught:
        transport.send(Request("PUT", server.url, body=body_file(CONTENT, fault)), None)
    assert caught.value is fault
    assert transport.send(Request("GET", server.url), None).response.content == b"ok"


def test_a_server_that_refuses_a_body_unread(transport: HttpTransport, peer: Make) -> None:
    """RFC 9112 § 9.5: its answer counts, though the file was not taken."""

    def talk(connection: socket.socket, server: Peer) -> None:
        connection.recv(1000)
        connection.sendall(answer(b"too large", "413 Content Too Large", "Connection: close"))
        connection.shutdown(socket.SHUT_WR)
        while connection.recv(65_536):
            pass

    server = peer(talk)
    exchange = transport.send(Request("PUT", server.url, body=body_file(bytes(3_000_000))), None)
    assert (exchange.response.status, exchange.response.content) == (413, b"too large")


# In


@pytest.mark.parametrize("status", ["200 OK", "206 Partial Content", "399 Odd"])
def test_a_body_is_saved_as_it_comes(transport: HttpTransport, peer: Make, status: str) -> None:
    """The response knows its size and where it went, and holds none of it; max_body does not bound it."""
    kept = Kept()
    server = peer(always(answer(CONTENT, status)))
    request = Request("GET", server.url, max_body=10, save_to=kept.save())
    response = transport.send(request, None).response
    assert (kept.content, kept.announced) == (CONTENT, len(CONTENT))
    assert kept.pieces > 1
    assert (response.saved, response.content, response.size) == (Saved("out.bin", len(CONTENT)), b"", len(CONTENT))


def test_a_coded_body_is_saved_decoded(transport: HttpTransport, peer: Make) -> None:
    """Its size is that of the decoded body, which nobody has announced."""
    kept = Kept()
    server = peer(always(answer(gzip.compress(CONTENT), "200 OK", "Content-Encoding: gzip")))
    transport.send(Request("GET", server.url, save_to=kept.save()), None)
    assert (kept.content, kept.announced) == (CONTENT, None)


def test_an_error_is_no_download(transport: HttpTransport, peer: Make) -> None:
    """Its body is held as usual, and max_body bounds it."""
    kept = Kept()
    server = peer(always(answer(b"no such thing", "404 Not Found")))
    request = Request("GET", server.url, save_to=kept.save())
    response = transport.send(request, None).response
    assert (response.content, response.saved, kept.content) == (b"no such thing", None, None)
    with pytest.raises(TransportError, match="the body is too large"):
        transport.send(Request("GET", server.url, save_to=kept.save(), max_body=5), None)


@pytest.mark.parametrize(
    ("method", "data"),
    [
        ("HEAD", b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"),
        ("GET", b"HTTP/1.1 304 Not Modified\r\n\r\n"),
        ("GET", b"HTTP/1.1 204 No Content\r\n\r\n"),
    ],
)
def test_an_answer_without_a_body_saves_nothing(transport: HttpTransport, peer: Make, method: str, data: bytes) -> None:
    """304 says that the file is still good: it is not replaced by nothing."""
    kept = Kept()
    response = transport.send(Request(method, peer(always(data)).url, save_to=kept.save()), None).response
    assert (response.saved, kept.content) == (None, None)


def test_an_empty_body_is_a_body(transport: HttpTransport, peer: Make) -> None:
    """A 200 with no bytes is a file with no bytes."""
    kept = Kept()
    response = transport.send(Request("GET", peer(always(answer())).url, save_to=kept.save()), None).response
    assert (response.saved, kept.content) == (Saved("out.bin", 0), b"")


def test_a_redirect_is_followed_and_not_saved(transport: HttpTransport, peer: Make) -> None:
    """Only the last answer goes to the file."""
    kept = Kept()
    server = peer(in_turn(answer(b"moved", "302 Found", "Location: /there"), answer(b"content")))
    response = transport.send(Request("GET", server.url, save_to=kept.save()), None).response
    assert (kept.content, len(response.redirects)) == (b"content", 1)


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf", "reset"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n", "reset"),
        (b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n" + gzip.compress(CONTENT)[:-10], "encoding"),
    ],
)
def test_half_a_body_is_a_fault(transport: HttpTransport, peer: Make, data: bytes, kind: str) -> None:
    """A body that does not come whole is not saved."""

    def talk(connection: socket.socket, server: Peer) -> None:
        server.read(connection)
        connection.sendall(data)

    kept = Kept()
    with pytest.raises(TransportError) as caught:
        transport.send(Request("GET", peer(talk).url, save_to=kept.save()), None)
    assert (caught.value.kind, kept.content) == (kind, None)


# Time


def stalling(at: bytes) -> Talk:
    """Sends the beginning of an answer, and nothing more."""

    def talk(connection: socket.socket, server: Peer) -> None:
        server.read(connection)
        connection.sendall(at)
        server.over.wait()

    return talk


@pytest.mark.parametrize(
    ("sent", "message"),
    [
        (
            b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf",
            "nothing more of the body came for 0.2 s (4 of 10 bytes)",
        ),
        (b"", "no answer within 0.2 s (connected, request sent)"),
    ],
)
def test_a_wait_that_is_too_long(transport: HttpTransport, peer: Make, sent: bytes, message: str) -> None:
    """With each_wait the fault says what did not come."""
    request = Request("GET", peer(stalling(sent)).url, timeout=0.2, each_wait=True, save_to=Kept().save())
    with pytest.raises(TransportError) as caught:
        transport.send(request, None)
    assert (caught.value.kind, caught.value.message) == ("timeout", message)


def test_a_server_that_does_not_take_a_body(transport: HttpTransport, peer: Make) -> None:
    """The same on the way out."""

    def talk(connection: socket.socket, server: Peer) -> None:
        server.over.wait()

    request = Request("PUT", peer(talk).url, body=body_file(bytes(30_000_000)), timeout=0.2, each_wait=True)
    with pytest.raises(TransportError) as caught:
        transport.send(request, None)
    assert caught.value.message == "the server took nothing of the body for 0.2 s"


def test_patience_never_runs_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each wait has the whole time, however long the ones before it were."""
    clock: list[Any] = [0.0]
    monkeypatch.setattr("runner.runtime.transport.network.monotonic", lambda: clock[0])
    deadline = Patience(5.0)
    clock[0] = 1000.0
    assert (deadline.left(), deadline.as_timeouts()["pool"]) == (5.0, 5.0)


def test_the_size_of_a_response() -> None:
    """That of the body, or of what was saved."""
    assert (Response(200, content=b"abc").size, Response(200, saved=Saved("x", 7)).size) == (3, 7)
