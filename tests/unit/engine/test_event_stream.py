"""Server-Sent Events: how a stream is cut into events, wherever the pieces of it end."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.engine.event_stream import EventStream
from runner.engine.exchange import Exchange, Request, Response


def event(data: str, **changes: Any) -> dict[str, Any]:
    return {"event": "message", "data": data, "json": None, "id": None, "retry": None} | changes


@pytest.mark.parametrize(
    ("text", "events"),
    [
        ("data: a\n\n", [event("a")]),
        ("data:a\n\ndata:  b\n\n", [event("a"), event(" b")]),
        ("data: a\ndata: b\n\n", [event("a\nb")]),
        ("data\n\n", [event("")]),
        ("data: a\r\rdata: b\r\n\r\n", [event("a"), event("b")]),
        ('event: tick\ndata: {"n": 1.10}\n\n', [event('{"n": 1.10}', event="tick", json={"n": 1.1})]),
        ("data: [1,\ndata: 2]\n\n", [event("[1,\n2]", json=[1, 2])]),
        ("id: 7\ndata: a\n\ndata: b\n\nid\ndata: c\n\n", [event("a", id="7"), event("b", id="7"), event("c", id="")]),
        ("id: a\0b\ndata: a\n\n", [event("a")]),
        ("retry: 3000\n\ndata: a\n\nretry: soon\ndata: b\n\n", [event("a", retry=3000), event("b", retry=3000)]),
        ("event: lost\n\ndata: a\n\n", [event("a")]),
        (": comment\nfoo: bar\ndata: a: b\n\n", [event("a: b")]),
        ("\ufeffdata: a\n\n", [event("a")]),
        ("\n\ndata: a\n\n", [event("a")]),
        ("data: a\n\ndata: not complete\n", [event("a")]),
        ("", []),
    ],
)
def test_events(text: str, events: list[Any]) -> None:
    """Lines, fields and events are those of the WHATWG's rules; an event that is not complete does not count."""
    assert EventStream().feed(text.encode()) == events


def test_bytes_that_are_no_text() -> None:
    """A stream is UTF-8; what does not fit becomes U+FFFD."""
    assert EventStream().feed(b"data: \xff\n\n") == [event("\ufffd")]


@given(st.lists(st.sampled_from(["data: a", "data: ü", "id: 1", ":", "", "event: x", "\ufeff"])), st.data())
def test_pieces_make_no_difference(lines: list[str], data: st.DataObject) -> None:
    """The events and their ends are the same, wherever the pieces of the stream end."""
    ends = [data.draw(st.sampled_from(["\n", "\r", "\r\n"])) for _ in lines]
    text = "".join(line + end for line, end in zip(lines, ends, strict=True)).encode()
    whole, split = EventStream(), EventStream()
    expected = whole.feed(text)
    cuts = sorted({0, len(text), *data.draw(st.lists(st.integers(0, len(text))))})
    found = [event for start, end in pairwise(cuts) for event in split.feed(text[start:end])]
    assert found == expected
    for number, (one, other) in enumerate(zip(whole.ends, split.ends, strict=True), 1):
        # Cut off there, it is a stream of so many events; a line feed behind a return may come with the next piece.
        assert EventStream().feed(text[:one]) == EventStream().feed(text[:other]) == expected[:number]


def test_events_of_the_document() -> None:
    """`events` are those of an event stream, and an empty list of any other answer."""
    content = b"data: 1\n\ndata: two\n\n"

    def events(content_type: str) -> Any:
        response = Response(200, headers=(("Content-Type", content_type),), content=content)
        return Exchange(Request("GET", "http://h"), response).view({})["events"]

    assert events("Text/Event-Stream; charset=utf-8") == [event("1", json=1), event("two")]
    assert events("text/plain") == []
