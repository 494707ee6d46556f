"""The row of a terminal that tells what is under way: names, times, downloads, within the width."""

from __future__ import annotations

import io
from collections.abc import Iterator

import pytest

from runner.diagnostics import plain
from runner.reporters.live import Live
from runner.reporters.style import Marks
from runner.runtime.progress import Progress

MARKS = Marks("+", "x", "!", "-", "~", "...", "#", ".")


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def live(clock: Clock) -> Live:
    return Live(io.StringIO(), plain, MARKS, Progress(clock))


def download(live: Live, pieces: list[int], announced: int | None) -> None:
    def come() -> Iterator[bytes]:
        yield from (bytes(size) for size in pieces)

    assert [len(piece) for piece in live.progress.counted(come(), announced)] == pieces


def test_nothing_is_under_way(live: Live) -> None:
    """Then there is no row, and none after the last request either."""
    assert live.row(80) == ""
    live.progress.begin("a", "A")
    live.progress.end("a")
    assert live.row(80) == ""


def test_what_is_under_way(live: Live, clock: Clock) -> None:
    """The one that was begun first, since when, and how many more."""
    live.progress.begin("a", "A")
    assert live.row(80) == "  ~ A ..."
    clock.now = 3.0
    live.progress.begin("b", "B\x07")
    assert live.row(80) == "  ~ A ... 3 s, and 1 more"
    live.progress.end("a")
    assert live.row(80) == "  ~ B\\x07 ..."


@pytest.mark.parametrize(
    ("pieces", "announced", "shown"),
    [
        ([500], 1000, "##########..........  50%  500 bytes of 1.0 kB"),
        ([500, 500], 1000, "#################### 100%  1.0 kB of 1.0 kB"),
        ([1500], 1000, "#################### 100%  1.5 kB of 1.0 kB"),
        ([2_500_000], None, "2.5 MB"),
    ],
)
def test_a_download(live: Live, pieces: list[int], announced: int | None, shown: str) -> None:
    """How much of it has come: a bar where the size is known."""
    live.progress.begin("a", "Down")
    download(live, pieces, announced)
    assert live.row(80) == f"  ~ Down ...  {shown}"


def test_a_narrow_terminal(live: Live) -> None:
    """The row never wraps: the name gives way before what stands behind it."""
    live.progress.begin("a", "A name that is longer than the terminal is wide, by far")
    download(live, [500], 1000)
    row = live.row(70)
    assert len(row) <= 70
    assert row.startswith("  ~ A name")
    assert row.endswith("50%  500 bytes of 1.0 kB")
    assert len(live.row(20)) <= 20
