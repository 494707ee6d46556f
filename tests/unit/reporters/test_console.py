"""The console: lines on narrow terminals, marks of other charsets, the slowest, the row of what is under way."""

from __future__ import annotations

from dataclasses import replace
from io import StringIO
from itertools import pairwise
from typing import Any

import pytest

from runner.diagnostics import plain, width_of
from runner.engine.events import CollectionStarted, RunFinished, StepFinished
from runner.engine.results import RunResult
from runner.reporters import console as console_module
from runner.reporters.console import Console
from runner.reporters.live import Live
from runner.reporters.style import Marks, marks_for
from runner.runtime.progress import Progress

ASCII = Marks("+", "x", "!", "-", "~", "...", "#", ".")


class Terminal(StringIO):
    """A stream that is a terminal of some width."""

    def __init__(self, columns: int) -> None:
        super().__init__()
        self.columns = columns


@pytest.fixture
def narrow(monkeypatch: pytest.MonkeyPatch) -> Any:
    """`narrow(40, steps)`: what the console writes on a terminal that wide."""
    monkeypatch.setattr(console_module, "terminal_width", lambda stream: stream.columns)

    def write(columns: int, events: list[Any]) -> list[str]:
        stream = Terminal(columns)
        console = Console(stream, plain, Marks(), live=Live(stream, plain, Marks(), Progress()))
        for event in events:
            console(event)
        return stream.getvalue().splitlines()

    return write


def written(events: list[Any], marks: Marks | None = None, **options: Any) -> str:
    stream = StringIO()
    console = Console(stream, plain, marks or Marks(), **options)
    for event in events:
        console(event)
    return stream.getvalue()


@pytest.mark.parametrize("columns", [30, 40, 50, 60, 80, 120])
def test_lines_fit_a_terminal(narrow: Any, made: Any, columns: int) -> None:
    """The line of a request is cut to the width: first the end of the path, then that of the name."""
    step = made.passed("Users / Get one of many users 日本")._replace(path="/a/path/that/goes/on/and/on?x=1234567890")
    events = [CollectionStarted("A", "a.yaml", (step.name,)), StepFinished(step)]
    line = narrow(columns, events)[1]
    assert width_of(line) < columns
    assert line.endswith("  200  250 ms")
    assert "GET" in line
    assert ("…" in line) == (columns < 110)
    assert ("/a/path/that/goes/on" in line) == (columns > 90)


def test_a_pipe_gets_whole_lines(made: Any) -> None:
    """Where no terminal is, nothing is cut."""
    step = made.passed("x" * 100)._replace(path="/" + "y" * 200)
    assert f"{'x' * 100}  GET   /{'y' * 200}  200" in written([StepFinished(step)])


def test_the_excerpt_fits_a_terminal(narrow: Any, made: Any) -> None:
    """Of the YAML line the part around the caret is shown, and the caret stands under it."""
    lines = narrow(45, [StepFinished(made.failed())])
    shown, under = next((a, b) for a, b in pairwise(lines) if "^" in b)
    assert len(shown) < 45
    assert shown[under.index("^")] == "R"


def test_a_charset_without_our_marks(made: Any) -> None:
    """Where the stream cannot write them, marks and dots are ASCII."""
    text = written([StepFinished(made.failed(actual=("x" * 400,)))], ASCII)
    assert text.startswith("  x R")
    assert "... (402 characters)" in text
    assert text.isascii()


@pytest.mark.parametrize(
    ("encoding", "marks"), [("utf-8", Marks()), ("cp1252", ASCII), ("cp437", ASCII), ("none", ASCII)]
)
def test_marks_that_a_stream_can_write(encoding: str, marks: Marks) -> None:
    """Code pages of Windows have no check mark."""
    stream = StringIO()
    named = type("Named", (), {"encoding": encoding})()
    assert marks_for(named) == marks
    assert marks_for(stream) == ASCII  # it does not say


def test_the_slowest(made: Any) -> None:
    """--slowest N names the N slowest requests that were sent, with their collection where there are several."""
    steps = [made.passed(f"R{n}")._replace(elapsed=n / 10) for n in range(5)] + [made.skipped("S")]
    result = replace(RunResult(), collections=(made.events_of(steps)[-1].result.collections[0],), elapsed=1.0)
    text = written([RunFinished(result)], slowest=2)
    assert "slowest\n  400 ms  R4  GET /x\n  300 ms  R3  GET /x\n\n" in text
    assert "slowest" not in written([RunFinished(result)])
    assert "slowest" not in written([RunFinished(RunResult())], slowest=3)


# --- the row -------------------------------------------------------------------------------------------------------


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def live(clock: Clock, total: int = 1) -> Live:
    made = Live(StringIO(), plain, Marks(), Progress(clock))
    made._total = total
    return made


def test_nothing_is_under_way() -> None:
    """Between requests there is no row."""
    assert live(Clock()).row(80) == ""


def test_a_slow_request_is_told_with_its_time() -> None:
    """A request that is under way is named; after a second with how long it takes."""
    clock = Clock()
    row = live(clock)
    row.progress.begin(1, "Get \x1bit")
    assert row.row(80) == "  ⋯ Get \\x1bit …"
    clock.now += 75.3
    assert row.row(80) == "  ⋯ Get \\x1bit … 75 s"
    row.progress.end(1)
    assert row.row(80) == ""


def test_many_at_once() -> None:
    """With several the longest is named, how many more there are, and how many of all are done."""
    clock = Clock()
    row = live(clock, total=20)
    for key in range(4):
        row.progress.begin(key, f"C: R{key}")
        clock.now += 1
    row.progress.end(0)
    assert row.row(80) == "  ⋯ 1/20  C: R1 … 3 s, and 2 more"


def test_lines_wipe_the_row() -> None:
    """What is written goes above the row, and nothing of it is left at the end."""
    row = live(Clock())
    row.write("one\n")
    row._drawn = True
    row.write("two\n")
    row.write("three\n")
    assert row._stream.getvalue() == "one\n\r\x1b[2Ktwo\nthree\n"  # type: ignore[attr-defined]
