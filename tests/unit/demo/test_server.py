"""The server itself: start and stop, counting, HTTP/1.1 on the wire, and the command line."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path
from urllib.request import urlopen

import pytest

from runner.demo import GRAPH_FILE, DemoServer

ROOT = Path(__file__).parents[3]


def raw(server: DemoServer, data: bytes) -> bytes:
    """What the server answers to these bytes, until it closes."""
    with socket.create_connection(("127.0.0.1", int(server.url.rpartition(":")[2])), timeout=10) as connection:
        connection.sendall(data)
        connection.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: connection.recv(65536), b""))


def test_counts(client, server):
    """The server counts what it is asked, by kind, and remembers method and path in order."""
    token = client.token()
    client.ask("GET", "/v1.0/users", token=token)
    client.ask("GET", "/v1.0/me")
    client.ask("GET", "/health?x=1")
    assert (server.token_requests, server.api_requests) == (1, 2)
    assert server.requests[1:] == [("GET", "/v1.0/users"), ("GET", "/v1.0/me"), ("GET", "/health")]


def test_counts_from_many_threads(server, connect):
    """No request is lost in the counting when many come at once."""
    clients = [connect(server) for _ in range(8)]

    def ask_often(client):
        for _ in range(20):
            client.ask("GET", "/v1.0/me")

    threads = [threading.Thread(target=ask_often, args=(client,)) for client in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert server.api_requests == len(server.requests) == 160


def test_stop_frees_the_port_though_clients_hold_on(connect):
    """Stopping ends idle connections and a running delay; the same port can be served again at once."""
    first = DemoServer()
    first.start()
    idle, waiting = connect(first), connect(first)
    assert idle.ask("GET", "/health").status == 200
    waiting.connection.request("GET", "/delay/5000")
    first.stop()
    with DemoServer(int(first.url.rpartition(":")[2])) as second, urlopen(second.url + "/health") as answer:
        assert second.url == first.url
        assert answer.status == 200


def test_start_and_stop_may_be_repeated():
    """Starting twice and stopping twice do no harm, and a stopped server starts again."""
    server = DemoServer()
    server.stop()
    for _ in range(2):
        server.start()
        server.start()
        with urlopen(server.url + "/delay/1") as answer:
            assert answer.status == 200
        server.stop()
        server.stop()


def test_a_taken_port_is_an_error(server):
    """A port that somebody has cannot be had."""
    with pytest.raises(OSError, match="in use"):
        DemoServer(int(server.url.rpartition(":")[2])).start()


def test_the_connection_is_kept_alive(client):
    """Many requests go over one socket."""
    client.ask("GET", "/health")
    connection = client.connection.sock
    client.ask("POST", "/echo", body={"n": 1})
    assert client.connection.sock is connection


def test_head_has_no_body(server):
    """HEAD gets the head that GET would get, and nothing after it."""
    answer = raw(server, b"HEAD /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
    assert answer.endswith(b"\r\n\r\n")
    assert b"\r\nContent-Length: 15\r\n" in answer


def test_a_folded_header_becomes_one_line(server):
    """A value on two lines is put together and cannot break the answer that repeats it (RFC 9112 § 5.2)."""
    head = b"GET /v1.0/me HTTP/1.1\r\nHost: x\r\nclient-request-id: a\r\n b\r\n\r\n"
    assert b"\r\nclient-request-id: a b\r\n" in raw(server, head)


def test_connection_close_is_answered(server):
    """A client that wants to close gets its answer, `Connection: close`, and the end."""
    answer = raw(server, b"GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    assert b"\r\nConnection: close\r\n" in answer


def test_requests_in_a_row(server):
    """Two requests that come in one segment get two answers."""
    assert raw(server, b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n" * 2).count(b"HTTP/1.1 200 OK") == 2


def test_chunked_body(server):
    """A chunked body is put together; extensions and trailers are dropped (RFC 9112 § 7.1)."""
    head = b"POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    body = b"5;note=1\r\nHello\r\nA\r\n, chunky x\r\n0\r\nX-Trailer: 1\r\n\r\n"
    answer = raw(server, head + body + b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n")
    assert b'"body":"Hello, chunky x"' in answer
    assert answer.endswith(b'{"status":"ok"}')


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (b"Content-Length: x", 400),
        (b"Content-Length: -1", 400),
        (b"Content-Length: 5", 400),
        (b"Content-Length: 99999999", 413),
        (b"Transfer-Encoding: chunked", 400),
    ],
)
def test_unreadable_bodies(server, head, status):
    """A body that cannot be read is refused in words, and the connection ends."""
    answer = raw(server, b"POST /echo HTTP/1.1\r\nHost: x\r\n" + head + b"\r\n\r\nabc")
    assert answer.startswith(b"HTTP/1.1 %d " % status)
    assert answer.count(b"HTTP/1.1") == 1


def test_noise_gets_an_error_and_harms_nobody(server, client, capfd):
    """What is no HTTP is answered or dropped without a line on the console, and others are served on."""
    raw(server, b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\r\n\r\n")
    raw(server, b"GET http://[ HTTP/1.1\r\n\r\n")
    assert client.ask("GET", "/health").status == 200
    assert capfd.readouterr() == ("", "")


def test_an_absolute_target(server):
    """A target in absolute form, as a proxy's client sends it, is served by its path (RFC 9112 § 3.2.2)."""
    assert b'"path":"/echo"' in raw(server, b"GET http://example.com/echo HTTP/1.1\r\nHost: x\r\n\r\n")


def test_the_package_holds_the_collection():
    """The collection in the package is, byte for byte, the one in `requests/`."""
    original = ROOT / "requests" / "graph.yaml"
    if not original.exists():
        pytest.skip("only the source tree has requests/")
    assert GRAPH_FILE.read_bytes() == original.read_bytes()


def test_it_needs_the_standard_library_alone():
    """Importing the demo loads nothing that has to be installed."""
    foreign = "{'httpx', 'click', 'yaml', 'jmespath'}"
    code = f"import sys, runner.demo; print(*({foreign} & set(sys.modules)))"
    found = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert found.stdout.strip() == ""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_command_line(number):
    """`python -m runner.demo` prints its URL, serves, and ends with 0 and without a word when told to."""
    command = [sys.executable, "-W", "error", "-m", "runner.demo", "--port", "0"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        with urlopen(url + "/health") as answer:
            assert answer.status == 200
        process.send_signal(number)
        rest, errors = process.communicate(timeout=10)
    assert (process.returncode, rest, errors) == (0, "", "")


@pytest.mark.parametrize("port", ["taken", "99999"])
def test_command_line_without_a_port(server, port):
    """A port that cannot be had is one line and exit code 2."""
    number = server.url.rpartition(":")[2] if port == "taken" else port
    command = [sys.executable, "-m", "runner.demo", "--port", number]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=30)
    assert ended.returncode == 2
    assert ended.stderr.startswith(f"error: cannot listen on 127.0.0.1:{number}: ")
    assert ended.stderr.count("\n") == 1
