"""HTTP/2 with nginx: negotiated through TLS, shared by threads, left in the middle, and through a tunnel."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from runner.engine.exchange import Connection, Request
from runner.errors import TransportError
from runner.runtime.transport import HttpTransport


@pytest.fixture
def transport() -> Iterator[HttpTransport]:
    transport = HttpTransport()
    yield transport
    transport.close()


def way(nginx: Any, **more: Any) -> Connection:
    return Connection(verify=str(nginx.place / "ca.crt"), proxy="", http2=True, **more)


def test_http2_is_offered_where_the_file_asks_for_it(live: Any, nginx: Any) -> None:
    """`http2: true` speaks HTTP/2 with a server that can, HTTP/1.1 with one that cannot, and with plain http."""
    text = """\
defaults: {verify: false, http2: true}
requests:
  - name: Two
    url: "{{two}}/x?$a=1"
    assert: [http_version: HTTP/2, text: "HTTP/2.0 GET /x?$a=1 {{host}}", reason: OK]
  - {name: A body, url: "{{two}}/upload", json: {a: 1}, assert: [http_version: HTTP/2, "starts_with(text, 'POST')"]}
  - {name: One, url: "{{one}}/x", assert: [http_version: HTTP/1.1]}
  - {name: Plain, url: "{{plain}}/x", assert: [http_version: HTTP/1.1]}
  - {name: Not asked for, url: "{{two}}/x", http2: false, assert: [http_version: HTTP/1.1]}
"""
    host = nginx.h2_url.partition("://")[2]
    live.text(text, two=nginx.h2_url, one=nginx.tls_url, plain=nginx.url, host=host)


def test_sixteen_threads(transport: HttpTransport, nginx: Any) -> None:
    """Sixteen threads get their own answers, over connections that nginx closes after fifty requests each."""

    def ask(number: int) -> tuple[str, str]:
        request = Request("GET", f"{nginx.h2_url}/number/{number}", connection=way(nginx))
        response = transport.send(request, None).response
        return response.http_version, response.content.decode().split()[2]

    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(ask, range(800)))
    assert answers == [("HTTP/2", f"/number/{number}") for number in range(800)]


def test_big_bodies_both_ways(transport: HttpTransport, nginx: Any) -> None:
    """Bodies larger than the flow-control window go up and come down whole, with several threads at once."""

    def ask(_: int) -> tuple[int, int]:
        down = transport.send(
            Request("GET", f"{nginx.h2_url}/big/file.bin", connection=way(nginx), max_body=20_000_000), None
        )
        up = transport.send(
            Request("POST", f"{nginx.h2_url}/upload", body=bytes(3_000_000), connection=way(nginx)), None
        )
        return len(down.response.content), up.response.status

    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(ask, range(8))) == {(12_582_912, 200)}


def test_a_timeout_is_that_of_its_own_request(transport: HttpTransport, nginx: Any) -> None:
    """A request that runs out of time fails alone, while others go on over HTTP/2 at the same moment."""
    slow = Request("GET", f"{nginx.h2_url}/slow", connection=way(nginx), timeout=0.5, max_body=20_000_000)
    faults: list[TransportError] = []

    def run_out() -> None:
        try:
            transport.send(slow, None)
        except TransportError as fault:
            faults.append(fault)

    threads = [threading.Thread(target=run_out) for _ in range(3)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        request = Request("GET", f"{nginx.h2_url}/quick", connection=way(nginx))
        assert transport.send(request, None).response.status == 200
    assert [fault.message.startswith("the body was not complete after 0.5 s") for fault in faults] == [True] * 3


def test_bodies_left_in_the_middle(transport: HttpTransport, nginx: Any) -> None:
    """Answers that are too large, one after the other, leave no connection whose window is used up."""
    for _ in range(20):
        with pytest.raises(TransportError, match="too large"):
            transport.send(
                Request("GET", f"{nginx.h2_url}/big/file.bin", connection=way(nginx), max_body=1_000_000), None
            )
    quick = Request("GET", f"{nginx.h2_url}/x", connection=way(nginx), timeout=5)
    assert transport.send(quick, None).response.status == 200


def test_connections_are_used_again(transport: HttpTransport, nginx: Any) -> None:
    """Requests one after the other share a connection: only the first one has to connect."""
    timings = [
        transport.send(Request("GET", f"{nginx.h2_url}/x", connection=way(nginx)), None).timing for _ in range(5)
    ]
    assert [timing.tls is None for timing in timings] == [False, True, True, True, True]


@pytest.mark.parametrize("kind", ["http", "socks5"])
def test_http2_through_a_proxy(live: Any, nginx: Any, proxy: Any, socks_proxy: str, kind: str) -> None:
    """A tunnel carries HTTP/2 as well."""
    way = proxy.url if kind == "http" else f"socks5://{socks_proxy}"
    text = "requests: [{name: One, url: '{{base}}/x', verify: false, http2: true, assert: [http_version: HTTP/2]}]"
    live.text(text, "--proxy", way, base=nginx.h2_url)
