"""HTTP/2 against a server that h2 speaks for, over TLS on 127.0.0.1: answers, good-byes, resets and broken rules."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import h2.config
import h2.connection
import h2.events
import pytest
from h2.connection import ConnectionState
from h2.errors import ErrorCodes

from runner.engine.exchange import Connection, Exchange, Request
from runner.errors import TransportError
from runner.runtime.transport import HttpTransport
from tests.unit.runtime.test_transport import Client, Handler, always, answer, serving

#: What is done with the connection and the number of a stream when its request is complete; the bytes are sent before.
Reaction = Callable[[h2.connection.H2Connection, int], bytes | None]

WAY = Connection(verify=False, proxy="", http2=True)


def speaking(react: Reaction) -> Handler:
    """A server that reacts to each request, until the client hangs up."""

    def handle(client: Client) -> None:
        connection = h2.connection.H2Connection(h2.config.H2Configuration(client_side=False))
        connection.initiate_connection()
        client.send(connection.data_to_send())
        while data := client.socket.recv(65_536):
            if connection.state_machine.state is ConnectionState.CLOSED:
                return
            for event in connection.receive_data(data):
                if isinstance(event, h2.events.RequestReceived):
                    client.server.requests.append(dict(event.headers)[b":path"])
                elif isinstance(event, h2.events.StreamEnded):
                    client.send(react(connection, event.stream_id) or b"")
            client.send(connection.data_to_send())

    return handle


def respond(connection: h2.connection.H2Connection, stream: int, body: bytes = b"two") -> None:
    connection.send_headers(stream, [(":status", "200"), ("x-name", "Value")])
    connection.send_data(stream, body, end_stream=True)


def good_bye(connection: h2.connection.H2Connection, stream: int) -> bytes:
    """A GOAWAY before the answer, which h2 itself would send only at the end."""
    respond(connection, stream)
    return b"\0\0\x08\x07\0\0\0\0\0" + stream.to_bytes(4) + bytes(4)


@pytest.fixture
def transport() -> Iterator[HttpTransport]:
    transport = HttpTransport()
    yield transport
    transport.close()


@pytest.fixture
def tls(server_tls: Callable[..., ssl.SSLContext]) -> ssl.SSLContext:
    return server_tls("h2")


def send(transport: HttpTransport, server: Any, path: str = "/", **fields: Any) -> Exchange:
    return transport.send(Request(**{"method": "GET", "url": server.url + path, "connection": WAY, **fields}), None)


def test_an_answer(transport: HttpTransport, tls: ssl.SSLContext) -> None:
    """Method, target, headers and body go and come as over HTTP/1.1, and the connection is used again."""
    with serving(speaking(respond), tls) as server:
        exchanges = [send(transport, server, path) for path in ("/a?$x=1", "/b%2Fc")]
        assert server.connections == 1
    response = exchanges[0].response
    assert (response.status, response.reason, response.http_version) == (200, "OK", "HTTP/2")
    assert (response.header("x-name"), response.content) == ("Value", b"two")
    assert response.peer.version.startswith("TLSv1.")
    assert server.requests == [b"/a?$x=1", b"/b%2Fc"]
    assert exchanges[1].timing.tls is None


def test_a_server_that_cannot(transport: HttpTransport, server_tls: Callable[..., ssl.SSLContext]) -> None:
    """A server that speaks HTTP/1.1 alone is asked so; without `http2` it is not even offered."""
    with serving(always(answer(b"one")), server_tls("http/1.1")) as server:
        assert [send(transport, server).response.http_version for _ in range(2)] == ["HTTP/1.1"] * 2
        assert server.connections == 1
    with serving(always(answer(b"one")), server_tls("h2", "http/1.1")) as server:
        way = Connection(verify=False, proxy="")
        assert send(transport, server, connection=way).response.http_version == "HTTP/1.1"


def test_a_good_bye_before_the_answer(transport: HttpTransport, tls: ssl.SSLContext) -> None:
    """A server that closes down still answers what it has taken; the next request, a POST too, has a new connection."""
    with serving(speaking(good_bye), tls) as server:
        for method in ("GET", "POST", "POST"):
            assert send(transport, server, method=method).response.content == b"two"
        assert server.connections == 3


def test_a_reset(transport: HttpTransport, tls: ssl.SSLContext) -> None:
    """A stream that the server resets is a fault in its words; the next request goes on."""
    codes = [ErrorCodes.INTERNAL_ERROR, ErrorCodes.HTTP_1_1_REQUIRED]

    def react(connection: h2.connection.H2Connection, stream: int) -> None:
        if codes:
            connection.reset_stream(stream, codes.pop(0))
        else:
            respond(connection, stream)

    with serving(speaking(react), tls) as server:
        faults = []
        for _ in range(2):
            with pytest.raises(TransportError) as caught:
                send(transport, server)
            faults.append(caught.value)
        assert send(transport, server).response.status == 200
    assert [fault.kind for fault in faults] == ["reset"] * 2
    assert faults[0].message == "the server ended the HTTP/2 stream: INTERNAL_ERROR"
    assert "leave out `http2`" in faults[1].hint


def test_an_end_with_an_error(transport: HttpTransport, tls: ssl.SSLContext) -> None:
    """A GOAWAY with an error ends the request with that error."""
    ending = speaking(lambda connection, _: connection.close_connection(ErrorCodes.ENHANCE_YOUR_CALM))
    with serving(ending, tls) as server, pytest.raises(TransportError) as caught:
        send(transport, server)
    assert caught.value.message == "the server ended the HTTP/2 connection: ENHANCE_YOUR_CALM"


@pytest.mark.parametrize(
    "frame",
    [
        b"\0\0\x04\x08\0\0\0\0\0" + bytes(4),  # a window update of nothing (RFC 9113 § 6.9)
        b"\0\0\0\0\0\0\0\0\x09",  # data on a stream that nobody opened
    ],
)
def test_a_server_that_breaks_the_rules(transport: HttpTransport, tls: ssl.SSLContext, frame: bytes) -> None:
    """Frames that HTTP/2 forbids are the server's fault, and end the request at once."""
    with serving(speaking(lambda *_: frame), tls) as server, pytest.raises(TransportError) as caught:
        send(transport, server, timeout=5)
    assert (caught.value.kind, caught.value.message[:31]) == ("protocol", "the answer is not valid HTTP/2:")


def test_a_body_that_breaks_off(transport: HttpTransport, tls: ssl.SSLContext) -> None:
    """A reset in the middle of a body is a fault, and no shorter body."""

    def react(connection: h2.connection.H2Connection, stream: int) -> None:
        connection.send_headers(stream, [(":status", "200")])
        connection.send_data(stream, b"half")
        connection.reset_stream(stream, ErrorCodes.CANCEL)

    with serving(speaking(react), tls) as server, pytest.raises(TransportError) as caught:
        send(transport, server)
    assert caught.value.message == "the server ended the HTTP/2 stream: CANCEL"


def test_a_header_that_http2_forbids(transport: HttpTransport, tls: ssl.SSLContext) -> None:
    """What cannot be said in HTTP/2 is a fault of the request."""
    with serving(speaking(respond), tls) as server, pytest.raises(TransportError) as caught:
        send(transport, server, headers=(("TE", "gzip"),))
    assert caught.value.kind == "protocol"
    assert caught.value.message.startswith("the request is not valid HTTP/2:")


def test_threads_do_not_wait_for_one_another(transport: HttpTransport, tls: ssl.SSLContext) -> None:
    """Sixteen requests are under way at once, each over its own connection; one that runs out of time fails alone."""
    together = threading.Barrier(16, timeout=20)

    def react(connection: h2.connection.H2Connection, stream: int) -> None:
        together.wait()
        respond(connection, stream)

    with serving(speaking(react), tls) as server, ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda n: send(transport, server, f"/{n}").response.status, range(16)))
        assert (answers, server.connections) == ([200] * 16, 16)


def test_a_timeout_in_a_body(transport: HttpTransport, tls: ssl.SSLContext) -> None:
    """The words of a timeout are the same as over HTTP/1.1; acknowledging what came is no sending."""

    def react(connection: h2.connection.H2Connection, stream: int) -> None:
        connection.send_headers(stream, [(":status", "200")])
        connection.send_data(stream, b"half")

    with serving(speaking(react), tls) as server, pytest.raises(TransportError) as caught:
        send(transport, server, timeout=0.3)
    assert caught.value.message == "the body was not complete after 0.3 s (4 bytes)"


def test_a_stream_that_is_left(transport: HttpTransport, tls: ssl.SSLContext) -> None:
    """An event stream that has told enough ends its connection; the next request has another one."""

    def react(connection: h2.connection.H2Connection, stream: int) -> None:
        connection.send_headers(stream, [(":status", "200"), ("content-type", "text/event-stream")])
        connection.send_data(stream, b"data: 1\n\n")

    with serving(speaking(react), tls) as server:
        for _ in range(2):
            assert send(transport, server, max_events=1).response.content == b"data: 1\n\n"
        assert server.connections == 2
