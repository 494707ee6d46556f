"""`github`: GitHub Actions: a group of the log for each collection, annotations on the YAML lines, the job summary.

What is written to the log are workflow commands, which GitHub looks for at the start of each line; texts of servers go
only into their escaped parts.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path
from typing import ClassVar, TextIO

from runner.diagnostics import Span, escape
from runner.engine.events import CollectionFinished, CollectionStarted, Event, RunFinished, StepFinished, TokenFinished
from runner.engine.results import Outcome, StepResult, TokenResult
from runner.errors import UsageError
from runner.reporters import markdown, words
from runner.reporters.style import Marks

_MARKS = Marks()
#: GitHub refuses a job summary of more than 1 MiB.
_LARGEST_SUMMARY = 1_000_000
_DATA = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A"})
_PROPERTY = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A", ":": "%3A", ",": "%2C"})


@dataclass(slots=True, eq=False)
class Reporter:
    """A listener that writes workflow commands, and the summary where `GITHUB_STEP_SUMMARY` names a file."""

    streams: ClassVar[bool] = True
    stream: TextIO
    wants_exchanges: bool = False
    _summary: markdown.Reporter = field(default_factory=lambda: markdown.Reporter(StringIO()))
    _annotations: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        _append_summary("")  # before anything is sent

    def __call__(self, event: Event) -> None:
        self._summary(event)
        match event:
            case CollectionStarted():
                self._line(f"::group::{_data(f'{event.name}  {event.path}')}")
            case TokenFinished():
                self._token(event.result)
            case StepFinished():
                self._request(event.result)
            case CollectionFinished():
                self._line("::endgroup::")
                self.stream.writelines(self._annotations)  # in a group that is closed nobody would see them
                self._annotations.clear()
            case RunFinished():
                self._line(_log(words.summary(event.result)))
                _append_summary(_bounded(self._summary.stream))
        self.stream.flush()

    def _line(self, text: str) -> None:
        self.stream.write(f"{text}\n")

    def _token(self, result: TokenResult) -> None:
        took = words.duration_words(result.elapsed)
        where = f"{result.method} {result.url}  {result.status or ''}"
        self._line(_log(f"{_MARKS.of(result.outcome)} token: {result.name}  {where}  {took}"))
        for warning in result.warnings:
            self._annotations.append(_command("warning", result.span, "token", warning))
        if result.fault is not None:
            text = "\n".join(words.fault_lines(result.fault))
            self._annotations.append(_command("error", result.fault.span or result.span, "token", text))

    def _request(self, result: StepResult) -> None:
        mark = _MARKS.of(result.outcome)
        if result.outcome is Outcome.SKIPPED:
            self._line(_log(f"{mark} {result.name}  skipped: {result.reason}"))
            return
        status = "error" if result.status is None else result.status
        took = words.duration_words(result.elapsed)
        self._line(_log(f"{mark} {result.name}  {result.method} {result.path or result.url}  {status}  {took}"))
        if result.fault is not None:
            text = "\n".join(words.fault_lines(result.fault))
            self._annotations.append(_command("error", result.fault.span or result.span, result.name, text))
        for verdict in result.verdicts:
            if not verdict.passed:
                text = f"{words.verdict_line(verdict)}\n{result.method} {result.url} answered {result.status}"
                self._annotations.append(_command("error", verdict.span or result.span, result.name, text))


def _command(kind: str, span: Span | None, title: str, text: str) -> str:
    """An annotation: `::error file=…,line=…,col=…,title=…::text`."""
    place = {}
    if span is not None:
        line, column = span.source.place(span.start)
        place = {"file": _in_repository(span.source.path), "line": str(line), "col": str(column)}
    properties = ",".join(
        f"{key}={escape(value).translate(_PROPERTY)}" for key, value in (place | {"title": title}).items()
    )
    return f"::{kind} {properties}::{_data(text)}\n"


def _data(text: str) -> str:
    return "\n".join(map(escape, text.split("\n"))).translate(_DATA)


def _log(text: str) -> str:
    """A line of the log that is no command, not even an old one (`##[…]`), which may stand anywhere in it."""
    return escape(text.replace("\n", " ")).replace("##[", "# #[")


def _in_repository(path: str) -> str:
    """A path as GitHub knows it: from the root of the repository, wherever the command runs."""
    root = os.environ.get("GITHUB_WORKSPACE")
    if not root:
        return path
    full = Path(path).resolve()
    return full.relative_to(Path(root).resolve()).as_posix() if full.is_relative_to(Path(root).resolve()) else path


def _append_summary(text: str) -> None:
    path = os.environ.get("GITHUB_STEP_SUMMARY")
    if not path:
        return
    try:
        with open(path, "a", encoding="utf-8", errors="backslashreplace") as summary:
            summary.write(text)
    except OSError as error:
        raise UsageError(f"--report github: cannot write $GITHUB_STEP_SUMMARY, {path}: {error.strerror}") from None


def _bounded(stream: TextIO) -> str:
    stream.seek(0)
    text = stream.read()
    if len(text.encode("utf-8", "backslashreplace")) <= _LARGEST_SUMMARY:
        return text
    kept = text.encode("utf-8", "backslashreplace")[:_LARGEST_SUMMARY].decode("utf-8", "ignore")
    return kept[: kept.rfind("\n")] + "\n\n… the rest is left out: GitHub takes at most 1 MiB\n"
