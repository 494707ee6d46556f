"""The console: the token step by name, a line for each request, what failed with its explanation, a summary.

On a terminal the request that is under way is shown and wiped again; in a pipe there are plain lines. This file knows
no command line: it is told what to show.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TextIO

from runner.diagnostics import Styler, escape, fitting
from runner.engine.events import (
    CollectionFinished,
    CollectionStarted,
    Downloading,
    Event,
    RunFinished,
    RunStarted,
    StepFinished,
    StepStarted,
    TokenFinished,
)
from runner.engine.results import Outcome, RunResult, StepResult, TokenResult
from runner.reporters import words
from runner.reporters.style import Marks, terminal_width

_WIDEST_NAME = 44
_WIDEST_PATH = 40
_BAR = 20
_INDENT = "    "
_TOKEN_NAME = "token renewed"


@dataclass(slots=True, eq=False)
class Console:
    """A listener that writes for people. `live`: the stream is a terminal that can wipe a line."""

    stream: TextIO
    styler: Styler
    marks: Marks
    verbose: bool = False
    quiet: bool = False
    show_body: bool = False
    live: bool = False
    _width: int = 20
    _many: bool = False
    _under_way: bool = False
    _head: str = ""

    @property
    def wants_exchanges(self) -> bool:
        return self.verbose or self.show_body

    def __call__(self, event: Event) -> None:
        match event:
            case RunStarted():
                self._many = event.collections > 1
            case CollectionStarted():
                self._collection_started(event)
            case StepStarted():
                self._step_started(event)
            case TokenFinished():
                self._token_finished(event.result)
            case StepFinished():
                self._step_finished(event.result)
            case CollectionFinished():
                self._collection_finished()
            case RunFinished():
                self._run_finished(event.result)
        self.stream.flush()

    def _write(self, line: str = "") -> None:
        if self._under_way:
            self.stream.write("\r\x1b[2K")
            self._under_way = False
        self.stream.write(line + "\n")

    # --- events ---

    def _collection_started(self, event: CollectionStarted) -> None:
        self._width = min(_WIDEST_NAME, max(len(name) for name in (*event.names, _TOKEN_NAME)))
        name = self.styler("name", escape(event.name))
        self._head = f"{name}  {self.styler('place', escape(event.path))}"
        if not self.quiet:
            self._write_head()

    def _write_head(self) -> None:
        """A collection's heading; with --quiet only where something of it is shown."""
        if self._head:
            self._write(self._head)
            self._head = ""

    def _step_started(self, event: StepStarted) -> None:
        if self.live and not self.quiet:
            # Longer than the terminal is wide it would wrap, and wiping takes only the last row.
            room = terminal_width(self.stream) - 1
            text = self.styler("progress", fitting(f"  {self.marks.running} {escape(event.name)} …", room))
            self.stream.write(f"\r\x1b[2K{text}")
            self._under_way = True

    def downloading(self, event: Downloading) -> None:
        """How far a download has come, in place of the line that says what is under way."""
        room = terminal_width(self.stream) - 1
        tail = f"  {progress(event, self.marks)}"
        head = fitting(f"  {self.marks.running} {escape(event.name)}", max(0, room - len(tail)))
        self.stream.write(f"\r\x1b[2K{self.styler('progress', fitting(head + tail, room))}")
        self.stream.flush()
        self._under_way = True

    def _token_finished(self, result: TokenResult) -> None:
        good = result.outcome is Outcome.PASSED
        if self.quiet and good and not result.warnings:
            return
        self._write_head()
        name = "token" if result.number == 1 else _TOKEN_NAME
        self._write(token_line(result, f"{name:<{self._width}}", self.styler, self.marks))
        if result.fault is not None:
            self._block(words.fault_lines(result.fault, self.styler))
        self._block([self.styler("hint", f"warning: {escape(warning)}") for warning in result.warnings])
        if self.verbose:
            for exchange in result.exchanges:
                self._block(words.exchange_lines(exchange, self.styler))

    def _step_finished(self, result: StepResult) -> None:
        bad = result.outcome in (Outcome.FAILED, Outcome.ERRORED)
        if self.quiet and not bad:
            return
        self._write_head()
        self._write(self._step_line(result))
        if bad:
            self._explain(result)
        self._show_exchanges(result, bad)

    def _step_line(self, result: StepResult) -> str:
        mark = self._mark(result.outcome)
        name = escape(result.name)
        self._width = min(_WIDEST_NAME, max(self._width, len(name)))  # how many rows there are is not always known
        name = f"{name:<{self._width}}"
        if result.outcome is Outcome.SKIPPED:
            return f"  {mark} {name}  {self.styler('skipped', 'skipped: ' + escape(result.reason))}"
        path = escape(result.path or result.url)
        line = f"  {mark} {name}  {result.method:<5} {path:<{min(_WIDEST_PATH, len(path))}}"
        if result.outcome is Outcome.ERRORED:
            return f"{line}  {self.styler('errored', 'error')}"
        time = self.styler("time", words.duration_words(result.elapsed))
        return f"{line}  {self._status(result.status, result.outcome)}  {time}"

    def _explain(self, result: StepResult) -> None:
        if result.fault is not None:
            self._block(words.fault_lines(result.fault, self.styler))
        for verdict in result.verdicts:
            if not verdict.passed:
                self._block(words.verdict_lines(verdict, self.styler))
        if result.outcome is Outcome.FAILED and not (self.verbose or self.show_body):
            body = words.trimmed_body(result)
            if body:
                self._block([self.styler("hint", "response body:"), *body])

    def _show_exchanges(self, result: StepResult, bad: bool) -> None:
        if self.verbose:
            for exchange in (*result.earlier, *((result.exchange,) if result.exchange else ())):
                self._block(words.exchange_lines(exchange, self.styler))
            if result.unanswered is not None:
                self._block(words.request_lines(result.unanswered, self.styler))
        elif self.show_body and result.exchange is not None:
            self._block(words.response_body(result.exchange))

    def _block(self, lines: list[str]) -> None:
        for line in lines:
            self._write(_INDENT + line)

    def _mark(self, outcome: Outcome) -> str:
        return self.styler(outcome.value, self.marks.of(outcome))

    def _status(self, status: int | None, outcome: Outcome) -> str:
        return status_words(status, outcome, self.styler)

    def _collection_finished(self) -> None:
        if not self.quiet and self._many:
            self._write()

    def _run_finished(self, result: RunResult) -> None:
        if result.collections and not self._many and not self.quiet:
            self._write()
        self._write(summary(result, self.styler))


def progress(event: Downloading, marks: Marks) -> str:
    """A bar where the size is known, and the sizes."""
    came = words.size_words(event.received)
    if not event.announced:
        return came
    part = min(1.0, event.received / event.announced)
    bar = marks.done * round(part * _BAR)
    return f"{bar:{marks.left}<{_BAR}} {part:>4.0%}  {came} of {words.size_words(event.announced)}"


def token_line(result: TokenResult, name: str, styler: Styler, marks: Marks) -> str:
    """The line of a token step."""
    mark = styler(result.outcome.value, marks.of(result.outcome))
    kept = styler("skipped", "kept")
    status = kept if result.cached else status_words(result.status, result.outcome, styler)
    life = f", valid for {words.duration_words(result.lifetime)}" if result.lifetime else ""
    took = "on disk" if result.cached else words.duration_words(result.elapsed)
    tail = styler("time", f"{took}  {escape(result.name)}{life}")
    return f"  {mark} {name}  {result.method:<5} {escape(result.url)}  {status}  {tail}"


def status_words(status: int | None, outcome: Outcome, styler: Styler) -> str:
    """The status of an exchange, or that there was none."""
    return styler(outcome.value, str(status)) if status is not None else styler("errored", "error")


def summary(result: RunResult, styler: Styler) -> str:
    """The last line: how many requests ended how, in which time, with how many token requests."""
    counts = [(outcome, result.count(outcome)) for outcome in Outcome]
    parts = [styler(outcome.value, f"{number} {outcome.value}") for outcome, number in counts if number]
    head = ", ".join(parts) or "nothing was run"
    tokens = sum(not token.cached for token in result.tokens)
    fetched = f", {tokens} token request{'s' if tokens != 1 else ''}" if tokens else ""
    text = f"{head} in {words.duration_words(result.elapsed)}{fetched}"
    return f"{styler('errored', 'interrupted:')} {text}" if result.interrupted else text
