"""HTTP/2's frames: the good-bye that spares the request under way is kept from h2, and everything else passes."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from runner.runtime.transport.frames import Frames

DATA, HEADERS, GOAWAY = 0x0, 0x1, 0x7


def frame(kind: int, stream: int, payload: bytes) -> bytes:
    return len(payload).to_bytes(3) + bytes([kind, 0]) + stream.to_bytes(4) + payload


def goaway(last: int, error: int = 0, debug: bytes = b"") -> bytes:
    return frame(GOAWAY, 0, last.to_bytes(4) + error.to_bytes(4) + debug)


def watching(*streams: int) -> Frames:
    """Frames of a connection on which these streams were opened."""
    frames = Frames()
    frames.sent(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(0x4, 0, b""))
    for stream in streams:
        frames.sent(frame(HEADERS, stream, b"h" * 40) + frame(DATA, stream, b"d"))
    return frames


def test_a_good_bye_is_kept_back() -> None:
    """A GOAWAY without error that takes in our stream is no frame for h2, but ends the connection's use."""
    frames = watching(1, 3)
    answer = frame(HEADERS, 3, b"status") + frame(DATA, 3, b"body")
    assert frames.received(goaway(3, debug=b"graceful") + answer) == answer
    assert frames.leaving
    everything = watching(1)
    assert everything.received(goaway(2**31 - 1)) == b""
    assert everything.leaving


def test_other_ends_are_passed_on() -> None:
    """A GOAWAY with an error, or one that leaves out our stream, is for h2 to judge."""
    for ending in (goaway(3, error=2), goaway(1)):
        frames = watching(1, 3)
        assert frames.received(ending) == ending
        assert not frames.leaving


def test_a_frame_that_is_too_long_is_passed_on() -> None:
    """Nothing is kept in memory that a server is not allowed to send."""
    long = goaway(3, debug=bytes(20_000))
    assert watching(3).received(long) == long


@given(st.lists(st.sampled_from(["data", "headers", "bye", "error"])), st.data())
def test_pieces_make_no_difference(kinds: list[str], data: st.DataObject) -> None:
    """What is passed on does not depend on where the pieces end."""
    table = {
        "data": frame(DATA, 1, b"x" * 30),
        "headers": frame(HEADERS, 1, b""),
        "bye": goaway(1),
        "error": goaway(1, 1),
    }
    whole = b"".join(table[kind] for kind in kinds)
    cuts = sorted({0, len(whole), *data.draw(st.lists(st.integers(0, len(whole))))})
    frames = watching(1)
    passed = b"".join(frames.received(whole[start:end]) for start, end in pairwise(cuts))
    assert passed == b"".join(table[kind] for kind in kinds if kind != "bye")
    assert frames.leaving == ("bye" in kinds)
