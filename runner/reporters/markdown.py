"""`markdown`: a summary for people: how many of what, what failed with its explanation, every request in a table."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TextIO

from runner.diagnostics import escape
from runner.engine.events import CollectionFinished, CollectionStarted, Event, RunFinished, StepFinished, TokenFinished
from runner.engine.results import CollectionResult, Outcome, RunResult, StepResult, TokenResult
from runner.reporters import words
from runner.reporters.style import Marks

_MARKS = Marks()
#: Characters that would mean something to Markdown or to HTML within it (CommonMark § 2.4).
_MEANS = re.compile(r"([\\`*_{}\[\]<>|#~!&])")
_FENCE = re.compile(r"`{3,}")
_FAILED = (Outcome.FAILED, Outcome.ERRORED)


@dataclass(slots=True, eq=False)
class Reporter:
    """A listener that writes the summary when the run is done."""

    stream: TextIO
    wants_exchanges: bool = False
    _rows: list[str] = field(default_factory=list)
    _failures: list[str] = field(default_factory=list)
    _requests: list[str] = field(default_factory=list)
    _name: str = ""

    def __call__(self, event: Event) -> None:
        match event:
            case CollectionStarted():
                self._name = event.name
            case TokenFinished():
                self._token(event.result)
            case StepFinished():
                self._request(event.result)
            case CollectionFinished():
                self._rows.append(_collection_row(event.result))
            case RunFinished():
                self._write(event.result)

    def _token(self, result: TokenResult) -> None:
        took = words.duration_words(result.elapsed)
        cells = (f"token: {result.name}", f"{result.method} {result.url}", _status(result.status), took)
        self._requests.append(_row(result.outcome, self._name, *cells))
        if result.fault is not None:
            lines = words.fault_lines(result.fault)
            self._failures.append(_failure(result.outcome, f"{self._name}: token", lines))

    def _request(self, result: StepResult) -> None:
        took = "" if result.outcome is Outcome.SKIPPED else words.duration_words(result.elapsed)
        what = result.reason if result.outcome is Outcome.SKIPPED else f"{result.method} {result.path or result.url}"
        self._requests.append(_row(result.outcome, self._name, result.name, what, _status(result.status), took))
        if result.outcome in _FAILED:
            lines = [
                f"{result.method} {escape(result.url)}  {_status(result.status)}".rstrip(),
                *words.failure_lines(result),
            ]
            self._failures.append(_failure(result.outcome, f"{self._name}: {result.name}", lines))

    def _write(self, result: RunResult) -> None:
        write = self.stream.write
        write(f"## {'✓' if result.passed else '✗'} {words.summary(result)}\n\n")
        if self._rows:
            write("| collection | passed | failed | errored | skipped | time |\n|---|--:|--:|--:|--:|--:|\n")
            self.stream.writelines(self._rows)
        self.stream.writelines(self._failures)
        if self._requests:
            write("\n<details>\n<summary>All requests</summary>\n\n")
            write("| | collection | request | | status | time |\n|---|---|---|---|--:|--:|\n")
            self.stream.writelines(self._requests)
            write("\n</details>\n")


def _collection_row(result: CollectionResult) -> str:
    counts = [str(sum(step.outcome is outcome for step in result.steps) or "") for outcome in Outcome]
    return f"| {' | '.join((_plain(result.name), *counts, words.duration_words(result.elapsed)))} |\n"


def _row(outcome: Outcome, *cells: str) -> str:
    return f"| {_MARKS.of(outcome)} | {' | '.join(map(_plain, cells))} |\n"


def _status(status: int | None) -> str:
    return "" if status is None else str(status)


def _failure(outcome: Outcome, name: str, lines: list[str]) -> str:
    """A heading, and the lines in a fence that none of them can close."""
    longest = max((len(run) for line in lines for run in _FENCE.findall(line)), default=2)
    fence = "`" * (longest + 1)
    text = "\n".join(lines)
    return f"\n### {_MARKS.of(outcome)} {_plain(name)}\n\n{fence}text\n{text}\n{fence}\n"


def _plain(text: str) -> str:
    """A text that is shown as it is."""
    return _MEANS.sub(r"\\\1", escape(text.replace("\n", " ")))
