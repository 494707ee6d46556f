"""`html`: one page that needs no network: summary, timeline, latency, every exchange.

    events ──▶ rows (what the list shows) ────┐
           ──▶ details (a line each) ─────────┼─▶ page ──▶ stream
           ──▶ static (markup of failures) ───┘

The head of the page counts what comes below it, so all is kept aside until the run is done: on disk where it is much.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TextIO

from runner.engine.events import (
    CollectionFinished,
    CollectionStarted,
    Event,
    RunFinished,
    RunStarted,
    StepFinished,
    TokenFinished,
)
from runner.engine.results import RunResult, StepResult, TokenResult
from runner.reporters.html_report import details, page, rows, static
from runner.reporters.html_report.anchors import Anchors
from runner.reporters.html_report.spool import Spool
from runner.reporters.records import Record


@dataclass(slots=True, eq=False)
class Reporter:
    """A listener that writes the page when the run is done."""

    stream: TextIO
    wants_exchanges: bool = True
    _began: float = 0.0
    _collections: list[Record] = field(default_factory=list)
    _anchors: Anchors = field(default_factory=Anchors)
    _room: details.Room = field(default_factory=details.Room)
    _failures: static.Failures = field(default_factory=static.Failures)
    _rows: Spool = field(default_factory=Spool)
    _details: Spool = field(default_factory=Spool)

    def __call__(self, event: Event) -> None:
        match event:
            case StepFinished():
                self._step(event.result)
            case TokenFinished():
                self._token(event.result)
            case RunStarted():
                self._began = event.at
            case CollectionStarted():
                self._collections.append({"name": event.name, "path": event.path})
            case CollectionFinished():
                self._collections[-1] |= rows.collection(event.result)
            case RunFinished():
                self._write(event.result)

    def _step(self, result: StepResult) -> None:
        anchor = self._anchors.of(f"{result.collection} {result.name}")
        self._failures.step(result, anchor)
        row = rows.step(result, anchor, self._number, self._began)
        self._keep(row, details.step(result, self._room))

    def _token(self, result: TokenResult) -> None:
        anchor = self._anchors.of(f"{self._name} token {result.name}")
        self._failures.token(result, self._name, anchor)
        row = rows.token(result, anchor, self._number, self._began)
        self._keep(row, details.token(result, self._room))

    def _keep(self, row: list[object], detail: Record) -> None:
        self._rows.write(f",\n{page.data(row)}")
        text = page.data(detail)
        self._room.spent += len(text)
        self._details.write(f"\n{text}")

    @property
    def _number(self) -> int:
        """Which collection it is."""
        return len(self._collections) - 1

    @property
    def _name(self) -> str:
        return str(self._collections[-1]["name"]) if self._collections else ""

    def _write(self, result: RunResult) -> None:
        head = rows.run(result, self._collections, self._began)
        page.write(self.stream, head, result, self._failures, self._rows, self._details)
