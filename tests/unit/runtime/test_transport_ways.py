"""The ways to a server: SOCKS proxies, sockets of this machine; what an answer says of them; event streams."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from runner.engine.exchange import Connection, Request, Response
from runner.runtime.transport import HttpTransport, routes
from tests.unit.runtime.test_transport import Client, Handler, always, answer, fault, once, serving


@pytest.fixture(name="transport")
def some_transport(monkeypatch: pytest.MonkeyPatch) -> Iterator[HttpTransport]:
    monkeypatch.setattr("runner.runtime.transport.proxies.getproxies", dict)
    transport = HttpTransport()
    yield transport
    transport.close()


def get(transport: HttpTransport, url: str, **fields: Any) -> Response:
    return transport.send(Request("GET", url, **fields), None).response


# --- SOCKS -----------------------------------------------------------------------------------------------------------

BEHIND = always(answer(b"behind"))
GREETED, LET_IN = b"\x05\x00", b"\x01\x00"
CONNECTED = b"\x05\x00\x00\x01\x7f\x00\x00\x01\x00\x50"


def socks(*replies: bytes, then: Handler = BEHIND) -> Handler:
    """A proxy that gives these replies, one to each message, and is the server then."""

    def handle(client: Client) -> None:
        for reply in replies:
            client.server.requests.append(client.socket.recv(1000))
            client.send(reply)
        then(client)

    return handle


def test_http_through_a_socks_proxy(transport: HttpTransport) -> None:
    """The proxy is greeted and asked for the host by its name; then the connection is used as any other."""
    with serving(socks(GREETED, CONNECTED)) as proxy:
        way = Connection(proxy=f"socks5://127.0.0.1:{proxy.port}")
        for _ in range(2):
            assert get(transport, "http://api.example/x", connection=way).content == b"behind"
    greeting, wish, *requests = proxy.requests
    assert greeting == b"\x05\x01\x00"
    assert wish == b"\x05\x01\x00\x03\x0bapi.example\x00\x50"
    assert [request[:15] for request in requests] == [b"GET /x HTTP/1.1"] * 2


def test_an_address_for_a_socks_proxy(transport: HttpTransport) -> None:
    """Addresses are asked for as addresses, those of IPv6 too."""
    with serving(socks(GREETED, CONNECTED)) as proxy:
        way = Connection(proxy=f"socks5://127.0.0.1:{proxy.port}")
        assert get(transport, "http://[::1]:8080/x?y", connection=way).content == b"behind"
    assert proxy.requests[1] == b"\x05\x01\x00\x04" + bytes(15) + b"\x01\x1f\x90"
    assert proxy.requests[2].startswith(b"GET /x?y HTTP/1.1\r\nHost: [::1]:8080\r\n")


def test_a_login_for_a_socks_proxy(transport: HttpTransport) -> None:
    """User name and password of the URL go to the proxy, their escapes resolved."""
    with serving(socks(b"\x05\x02", LET_IN, CONNECTED)) as proxy:
        way = Connection(proxy=f"socks5://ada:p%40ss@127.0.0.1:{proxy.port}")
        assert get(transport, "http://api.example/", connection=way).content == b"behind"
    assert proxy.requests[1] == b"\x01\x03ada\x04p@ss"


@pytest.mark.parametrize(
    ("login", "replies", "message"),
    [
        ("", [b"\x05\xff"], "asks for user name and password"),
        ("a:b@", [b"\x05\x00"], "takes no user name and password"),
        ("a:b@", [b"\x05\x02", b"\x01\x01"], "refused user name and password"),
        ("", [GREETED, b"\x05\x05" + CONNECTED[2:]], "could not connect to the server: connection refused"),
        ("", [GREETED, b"\x05\x04" + CONNECTED[2:]], "could not connect to the server: host unreachable"),
        ("", [b"HTTP/1.1 400 Bad Request\r\n\r\n"], "does not speak SOCKS5"),
        ("", [b"\x05"], "does not speak SOCKS5"),
        ("", [GREETED, b"\x05\x00\x00\x07\x00"], "does not speak SOCKS5"),
        ("", [b""], "does not speak SOCKS5"),
    ],
)
def test_socks_faults(transport: HttpTransport, login: str, replies: list[bytes], message: str) -> None:
    """Each refusal of a SOCKS proxy has words of its own, and so has a server that is none; no socket is left open."""
    with serving(socks(*replies, then=lambda client: None)) as proxy:
        way = Connection(proxy=f"socks5://{login}127.0.0.1:{proxy.port}")
        error = fault(transport, Request("GET", "http://api.example/", connection=way))
    assert (error.kind, error.message) == ("proxy", f"proxy 127.0.0.1:{proxy.port} {message}")


@pytest.mark.parametrize("scheme", ["socks5", "http"])
def test_deadline_of_a_proxy(transport: HttpTransport, scheme: str) -> None:
    """A proxy that is silent while it should open a way is not taken for a silent server."""
    with serving(Client.wait) as proxy:
        way = Connection(proxy=f"{scheme}://127.0.0.1:{proxy.port}")
        error = fault(transport, Request("GET", "https://api.example/", connection=way, timeout=0.2))
    assert error.message == "the proxy opened no connection to the server within 0.2 s"


@pytest.mark.parametrize(("extra", "url"), [("socks", "http://127.0.0.1:1/"), ("http2", "https://127.0.0.1:1/")])
def test_a_missing_package(transport: HttpTransport, monkeypatch: pytest.MonkeyPatch, extra: str, url: str) -> None:
    """What was not seen in the file still says which package is missing and how to install it."""
    monkeypatch.setattr(routes, "is_missing", lambda name: name == extra)
    way = Connection(proxy="socks5://127.0.0.1:1", http2=True)
    error = fault(transport, Request("GET", url, connection=way))
    assert "which is not installed" in error.message
    assert error.hint == f'pip install "request-runner[{extra}]"'


# --- sockets of this machine -------------------------------------------------------------------------------------------


@contextmanager
def serving_at(path: Path, data: bytes) -> Iterator[list[bytes]]:
    """A server that answers every request on a socket with these bytes; gives what came."""
    seen: list[bytes] = []
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(path))
    listener.listen()

    def serve() -> None:
        with listener.accept()[0] as found:
            while request := found.recv(65_536):
                seen.append(request)
                found.sendall(data)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield seen
    finally:
        thread.join(10)
        listener.close()


def test_a_socket_of_this_machine(transport: HttpTransport, tmp_path: Path) -> None:
    """Whatever the URL's host is, the request goes into the socket; the host is not looked up."""
    path = tmp_path / "the.sock"
    with serving_at(path, answer(b"inside")) as seen:
        way = Connection(proxy=f"unix:{path}")
        exchanges = [transport.send(Request("GET", "http://api.example/x", connection=way), None) for _ in range(2)]
        transport.close()
    assert [exchange.response.content for exchange in exchanges] == [b"inside"] * 2
    assert seen[0].startswith(b"GET /x HTTP/1.1\r\nHost: api.example\r\n")
    assert exchanges[0].response.peer.ip == ""
    assert exchanges[0].timing.dns is None
    assert exchanges[0].timing.connect is not None
    assert exchanges[1].timing.connect is None


def test_socket_faults(transport: HttpTransport, tmp_path: Path) -> None:
    """A socket that is not there, that nobody serves, or whose path is too long is named with its path."""
    (tmp_path / "file").touch()
    names = {"gone": "there is no socket", "file": "connection refused by", "x" * 200: "cannot connect to the socket"}
    for name, message in names.items():
        way = Connection(proxy=f"unix:{tmp_path / name}")
        error = fault(transport, Request("GET", "http://api.example/", connection=way))
        assert error.kind == "connect"
        assert error.message.startswith(f"{message} '{tmp_path / name}'" if message else "")


# --- what an answer says of its way --------------------------------------------------------------------------------------


def test_who_answered(transport: HttpTransport, server_tls: Callable[..., Any], loopback_certificate: Path) -> None:
    """The address, and of TLS the version, cipher and certificate, whether it was verified or not, each time."""
    with serving(always(answer())) as plain, serving(always(answer()), server_tls()) as safe:
        assert get(transport, plain.url).peer == ("127.0.0.1", "", "", b"")
        for verify in (False, str(loopback_certificate)):
            way = Connection(verify=verify)
            peers = [get(transport, safe.url, connection=way).peer for _ in range(2)]
            assert peers[0].version.startswith("TLSv1.")
            assert peers[0].cipher
            assert peers[0].certificate.startswith(b"\x30")  # a sequence, in DER
            assert peers[1] is peers[0]


def test_timing(transport: HttpTransport, server_tls: Callable[..., Any]) -> None:
    """The first request resolves, connects and shakes hands, the next one does not; the parts are no longer than all."""
    with serving(always(answer(b"x" * 1000)), server_tls()) as server:
        way = Connection(verify=False)
        first, second = (transport.send(Request("GET", server.url, connection=way), None) for _ in range(2))
    assert None not in first.timing
    assert second.timing[:3] == (None, None, None)
    assert None not in second.timing[3:]
    for exchange in (first, second):
        assert all(part >= 0 for part in exchange.timing if part is not None)
        assert sum(part for part in exchange.timing if part is not None) <= exchange.elapsed


def test_timing_through_a_tunnel(transport: HttpTransport, server_tls: Callable[..., Any]) -> None:
    """What a proxy takes to open its tunnel is a part of connecting, and its answer none of the waiting."""

    def tunnel(client: Client) -> None:
        client.receive()
        client.send(b"HTTP/1.1 200 Connected\r\n\r\n")
        with client.server.secure(client.socket, server_tls()) as secured:
            always(answer(b"inside"))(Client(secured, client.server, 0))

    with serving(tunnel) as proxy:
        way = Connection(verify=False, proxy=proxy.url)
        exchange = transport.send(Request("GET", "https://127.0.0.1:9/", connection=way), None)
    assert None not in exchange.timing
    assert exchange.response.peer.ip == "127.0.0.1"
    assert exchange.response.peer.version


# --- redirects -----------------------------------------------------------------------------------------------------------


def test_a_circle_of_redirects(transport: HttpTransport) -> None:
    """Redirects that lead back to where they were are shown as a circle; a long one with its middle left out."""
    steps = {b"/": b"/a", b"/a": b"/b", b"/b": b"/a"}
    steps |= {f"/{n}".encode(): f"/{(n + 1) % 7}".encode() for n in range(7)}

    def handle(client: Client) -> None:
        while request := client.receive():
            client.send(answer(b"", b"Location: " + steps[request.split(b" ")[1]], status=b"302 Found"))

    with serving(handle) as server:
        error = fault(transport, Request("GET", f"{server.url}/"))
        assert error.kind == "redirect"
        where = " → ".join(f"{server.url}{path}" for path in ("/b", "/a", "/b"))
        assert error.message == f"more than 10 redirects: they go in a circle, {where}"
        long = fault(transport, Request("GET", f"{server.url}/0"))
        shown = " → ".join([*(f"{server.url}/{n}" for n in (3, 4, 5, 6)), "…", f"{server.url}/3"])
        assert long.message == f"more than 10 redirects: they go in a circle, {shown}"


# --- event streams -------------------------------------------------------------------------------------------------------

STREAM = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\n"


def stream(*pieces: bytes) -> Handler:
    """A stream whose pieces come at once, and that does not end."""

    def handle(client: Client) -> None:
        client.receive()
        client.send(STREAM + b"\r\n" + b"".join(pieces))
        client.wait()

    return handle


def test_a_stream_is_left_when_enough_has_come(transport: HttpTransport) -> None:
    """The body ends with the last event that was wanted, in the middle of a piece too."""
    with serving(stream(b": hello\n\ndata: 1\n\nda", b"ta: 2\n\ndata: 3\n\n")) as server:
        assert get(transport, server.url, max_events=2).content == b": hello\n\ndata: 1\n\ndata: 2\n\n"
        assert get(transport, server.url, max_events=1).content == b": hello\n\ndata: 1\n\n"


def test_the_end_of_the_time_is_the_end_of_a_stream(transport: HttpTransport) -> None:
    """What came within the timeout is the answer; without an answer it is a fault as ever."""
    with serving(stream(b"data: 1\n\ndata: 2")) as server:
        assert get(transport, server.url, timeout=0.3).content == b"data: 1\n\ndata: 2"
    with serving(Client.wait) as server:
        assert fault(transport, Request("GET", server.url, timeout=0.3)).kind == "timeout"


def test_the_end_of_the_time_is_a_fault_of_others(transport: HttpTransport) -> None:
    """A body of another type that is not complete in time is a fault, whatever `max_events` is."""
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n"

    def handle(client: Client) -> None:
        client.receive()
        client.send(head + b"data: 1\n\n")
        client.wait()

    with serving(handle) as server:
        error = fault(transport, Request("GET", server.url, timeout=0.3, max_events=1))
    assert error.message == "the body was not complete after 0.3 s (9 bytes)"


def test_faults_of_a_stream(transport: HttpTransport) -> None:
    """A stream that is too large, or breaks, is a fault."""
    with serving(stream(b"data: 1\n\n" * 100)) as server:
        assert fault(transport, Request("GET", server.url, max_body=100)).kind == "too-large"
    chunked = STREAM + b"Transfer-Encoding: chunked\r\n\r\n9\r\ndata: 1\n\n\r\n"
    with serving(once(chunked)) as server:
        assert fault(transport, Request("GET", server.url)).message.startswith("the body is broken")


def test_a_stream_that_ends(transport: HttpTransport) -> None:
    """A server may end its stream before enough has come."""
    with serving(once(STREAM + b"\r\ndata: 1\n\n")) as server:
        assert get(transport, server.url, max_events=5).content == b"data: 1\n\n"
