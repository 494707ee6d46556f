"""The stream of ticks."""

from __future__ import annotations

import pytest

TWO = (
    b": welcome\nretry: 3000\n\n"
    b'event: tick\nid: 1\ndata: {"number": 1, "square": 1}\n\n'
    b'event: tick\nid: 2\ndata: {"number": 2, "square": 4}\n\n'
    b"data: that is all,\ndata: goodbye\n\n"
)


def test_a_stream_that_ends(client):
    """As many ticks as are wanted, then a farewell; the connection is kept."""
    for _ in range(2):
        answer = client.ask("GET", "/events?count=2&pause=0")
        assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
        assert answer.content == TWO


def test_head_of_a_stream(client):
    """HEAD has the headers and no event."""
    assert client.ask("HEAD", "/events").content == b""
    assert client.ask("GET", "/health").status == 200


def test_an_endless_stream(client, server):
    """Without a count the ticks go on, until the server stops."""
    client.connection.request("GET", "/events?pause=1")
    response = client.connection.getresponse()
    assert b'"number": 40,' in b"".join(response.readline() for _ in range(200))
    server.stop()


@pytest.mark.parametrize("query", ["count=x", "pause=5001", "pause=-1"])
def test_bad_wishes(client, query):
    """What cannot be is refused."""
    assert client.ask("GET", f"/events?{query}").status == 400
