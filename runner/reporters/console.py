"""The console: the token step by name, a line for each request, what failed with its explanation, a summary.

On a terminal a row tells what is under way and is wiped again, and lines are cut to its width; in a pipe there are
plain lines. This file knows no command line: it is told what to show.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TextIO

from runner.diagnostics import LINE_WIDTH, Styler, escape, fitting, width_of
from runner.engine.events import (
    CollectionFinished,
    CollectionStarted,
    Event,
    RunFinished,
    RunStarted,
    StepFinished,
    TokenFinished,
)
from runner.engine.results import Outcome, RunResult, StepResult, TokenResult
from runner.reporters import words
from runner.reporters.bodies import response_body_lines
from runner.reporters.style import Marks, terminal_width

if TYPE_CHECKING:
    from runner.reporters.live import Live

_WIDEST_NAME = 44
_SHORTEST = 8
#: The narrowest part of a YAML line that is shown, and what stands before it.
_NARROWEST = 30
_BESIDE = 12
_INDENT = "    "
_TOKEN_NAME = "token renewed"
_BAD = (Outcome.FAILED, Outcome.ERRORED)


@dataclass(slots=True, eq=False)
class Console:
    """A listener that writes for people. `live` is the row of a terminal; `slowest` requests are told at the end."""

    stream: TextIO
    styler: Styler
    marks: Marks
    verbose: bool = False
    quiet: bool = False
    show_body: bool = False
    live: Live | None = None
    slowest: int = 0
    _width: int = 20
    _many: bool = False
    _head: str = ""

    @property
    def wants_exchanges(self) -> bool:
        return self.verbose or self.show_body

    def __call__(self, event: Event) -> None:
        match event:
            case RunStarted():
                self._many = event.collections > 1
                if self.live is not None:
                    self.live.begin(event.requests)
            case CollectionStarted():
                self._collection_started(event)
            case TokenFinished():
                self._token_finished(event.result)
            case StepFinished():
                self._step_finished(event.result)
            case CollectionFinished():
                if not self.quiet and self._many:
                    self._write()
            case RunFinished():
                self._run_finished(event.result)
        if self.live is None:
            self.stream.flush()

    def _write(self, line: str = "") -> None:
        if self.marks.ellipsis != "…":
            line = line.replace("…", self.marks.ellipsis)
        (self.live or self.stream).write(line + "\n")

    # --- events ---

    def _collection_started(self, event: CollectionStarted) -> None:
        self._width = min(self._widest(), max(width_of(name) for name in (*event.names, _TOKEN_NAME)))
        name = self.styler("name", escape(event.name))
        self._head = f"{name}  {self.styler('place', escape(event.path))}"
        if not self.quiet:
            self._write_head()

    def _write_head(self) -> None:
        """A collection's heading; with --quiet only where something of it is shown."""
        if self._head:
            self._write(self._head)
            self._head = ""

    def _token_finished(self, result: TokenResult) -> None:
        good = result.outcome is Outcome.PASSED
        if self.quiet and good and not result.warnings:
            return
        self._write_head()
        name = "token" if result.number == 1 else _TOKEN_NAME
        self._write(token_line(result, _padded(name, self._width), self.styler, self.marks, self._columns()))
        if result.fault is not None:
            self._block(words.fault_lines(result.fault, self.styler))
        self._block([self.styler("hint", f"warning: {escape(warning)}") for warning in result.warnings])
        if self.verbose:
            for exchange in result.exchanges:
                self._block(words.exchange_lines(exchange, self.styler))

    def _step_finished(self, result: StepResult) -> None:
        bad = result.outcome in _BAD
        if self.quiet and not bad:
            return
        self._write_head()
        self._write(self._step_line(result))
        if bad:
            self._explain(result)
        elif self.verbose:
            self._block(self.styler("hint", escape(note)) for note in result.notes)
        self._show_exchanges(result)

    def _explain(self, result: StepResult) -> None:
        columns = self._columns()
        width = max(_NARROWEST, columns - _BESIDE) if columns else LINE_WIDTH
        shown = self.verbose or self.show_body
        self._block(words.failure_lines(result, self.styler, body=not shown, width=width))

    def _step_line(self, result: StepResult) -> str:
        mark = self.styler(result.outcome.value, self.marks.of(result.outcome))
        name = escape(result.name)
        self._width = max(self._width, min(self._widest(), width_of(name)))  # how many rows there are is not known
        name = _padded(name, self._width)
        if result.outcome is Outcome.SKIPPED:
            return f"  {mark} {name}  {self.styler('skipped', 'skipped: ' + escape(result.reason))}"
        if result.outcome is Outcome.ERRORED:
            tail = [("errored", "error")]
        else:
            tail = [(result.outcome.value, str(result.status)), ("time", words.duration_words(result.elapsed))]
        tail += [("repeated", part) for part in words.repeats(result)]
        path = escape(result.path or result.url)
        return _line(mark, name, result.method, path, tail, self.styler, self._columns())

    def _show_exchanges(self, result: StepResult) -> None:
        if self.verbose:
            for exchange in (*result.earlier, *((result.exchange,) if result.exchange else ())):
                self._block(words.exchange_lines(exchange, self.styler))
            if result.unanswered is not None:
                self._block(words.request_lines(result.unanswered, self.styler))
        elif self.show_body and result.exchange is not None:
            self._block(response_body_lines(result.exchange, self.styler))

    def _block(self, lines: Iterable[str]) -> None:
        for line in lines:
            self._write(_INDENT + line)

    def _widest(self) -> int:
        """How wide the column of names may be."""
        return min(_WIDEST_NAME, max(_SHORTEST, (self._columns() or _WIDEST_NAME * 2) // 2))

    def _columns(self) -> int:
        """How wide a line may be; 0 where nobody minds."""
        return terminal_width(self.stream) if self.live is not None else 0

    def _run_finished(self, result: RunResult) -> None:
        if self.live is not None:
            self.live.end()
        if result.collections and not self._many and not self.quiet:
            self._write()
        if self.slowest:
            self._write_slowest(result)
        self._write(words.summary(result, self.styler))

    def _write_slowest(self, result: RunResult) -> None:
        sent = [step for step in result.steps if step.outcome is not Outcome.SKIPPED]
        found = sorted(sent, key=lambda step: -step.elapsed)[: self.slowest]
        if found:
            self._write(self.styler("name", "slowest"))
        for step in found:
            name = f"{step.collection}: {step.name}" if self._many else step.name
            took = f"{words.duration_words(step.elapsed):>8}"
            asked = escape(f"{step.method} {step.path or step.url}")
            self._write(f"{self.styler('time', took)}  {escape(name)}  {asked}")
        if found:
            self._write()


def token_line(result: TokenResult, name: str, styler: Styler, marks: Marks, columns: int = 0) -> str:
    """The line of a token step."""
    mark = styler(result.outcome.value, marks.of(result.outcome))
    status = ("errored", "error") if result.status is None else (result.outcome.value, str(result.status))
    life = f", valid for {words.duration_words(result.lifetime)}" if result.lifetime else ""
    took = "on disk" if result.cached else words.duration_words(result.elapsed)
    tail = [("skipped", "kept") if result.cached else status, ("time", f"{took}  {escape(result.name)}{life}")]
    return _line(mark, name, result.method, escape(result.url), tail, styler, columns)


def _line(
    mark: str, name: str, method: str, where: str, tail: list[tuple[str, str]], styler: Styler, columns: int
) -> str:
    """The line of an exchange. On a narrow terminal the end of the path is left out, and then that of the name."""
    needed = 4 + 2 + 6 + sum(width_of(text) + 2 for _, text in tail)  # mark, and the spaces between
    room = columns - 1 - needed
    if columns and width_of(name) + width_of(where) > room:
        least = max(1, min(_SHORTEST, room // 2))
        where = _shortened(where, max(least, room - width_of(name)))
        name = _shortened(name, max(least, room - width_of(where)))
    return "  ".join([f"  {mark} {name}", f"{escape(method):<5} {where}", *(styler(role, text) for role, text in tail)])


def _shortened(text: str, cells: int) -> str:
    return text if width_of(text) <= cells else f"{fitting(text, cells - 1)}…"


def _padded(text: str, cells: int) -> str:
    return text + " " * (cells - width_of(text))
