"""`tap`: the Test Anything Protocol, version 14: a test point for each request and token step, as it comes."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, ClassVar, TextIO

from runner.diagnostics import Span, escape
from runner.engine.events import CollectionStarted, Event, RunFinished, RunStarted, StepFinished, TokenFinished
from runner.engine.results import Outcome, StepResult, TokenResult
from runner.reporters import words


@dataclass(slots=True, eq=False)
class Reporter:
    """A listener that writes test points. The plan comes last, for nobody knows before how many tokens are fetched."""

    streams: ClassVar[bool] = True
    stream: TextIO
    wants_exchanges: bool = False
    _points: int = 0

    def __call__(self, event: Event) -> None:
        match event:
            case RunStarted():
                self.stream.write("TAP version 14\n")
            case CollectionStarted():
                self.stream.write(f"# {_description(f'{event.name}  {event.path}')}\n")
            case TokenFinished():
                self._token(event.result)
            case StepFinished():
                self._request(event.result)
            case RunFinished():
                self.stream.write(f"1..{self._points}{'' if self._points else ' # SKIP nothing was run'}\n")
                if event.result.interrupted:
                    self.stream.write("Bail out! interrupted\n")
        self.stream.flush()

    def _request(self, result: StepResult) -> None:
        if result.outcome is Outcome.SKIPPED:
            self._point(True, f"{_description(result.name)} # SKIP {_description(result.reason)}".rstrip())
            return
        took = f" # time={result.elapsed * 1000:.0f}ms"
        self._point(result.outcome is Outcome.PASSED, _description(result.name) + took)
        if result.outcome is not Outcome.PASSED:
            message = words.failure_line(result)
            self._diagnostics(result.outcome, message, words.failure_lines(result), result.span, result.status)

    def _token(self, result: TokenResult) -> None:
        took = f" # time={result.elapsed * 1000:.0f}ms"
        self._point(result.fault is None, _description(f"token: {result.name} {result.url}") + took)
        if result.fault is not None:
            lines = words.fault_lines(result.fault)
            self._diagnostics(result.outcome, result.fault.message, lines, result.span, result.status)

    def _point(self, good: bool, rest: str) -> None:
        self._points += 1
        self.stream.write(f"{'ok' if good else 'not ok'} {self._points} - {rest}\n")

    def _diagnostics(
        self, outcome: Outcome, message: str, lines: Iterable[str], span: Span | None, status: int | None
    ) -> None:
        """A YAML block. Its values are JSON, which YAML 1.2 holds, and lines without control characters."""
        block: dict[str, Any] = {"message": message, "outcome": outcome.value}
        if status is not None:
            block["status"] = status
        if span is not None:
            block["at"] = span.where
        head = "".join(f"  {name}: {json.dumps(value)}\n" for name, value in block.items())
        text = "".join(f"    {line}\n" for line in lines)  # a block scalar: as it is, indented by two
        self.stream.write(f"  ---\n{head}  details: |2\n{text}  ...\n")


def _description(text: str) -> str:
    r"""A text in one line; `#` would begin a directive, and `\` an escape."""
    return escape(text.replace("\n", " ")).replace("\\", "\\\\").replace("#", "\\#")
