"""`junit`: JUnit XML as GitLab and Jenkins read it: a suite for each collection, a case for each request and token.

    failed assertions    → one <failure> with all of them, for both show only one
    no answer, no token  → <error>
    not sent             → <skipped>

`classname` is the collection, `file` and `line` lead to the request. There is no standard but what readers take: the
elements are those of Jenkins' junit-10.xsd, `file` and `line` those of pytest.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TextIO

from runner.diagnostics import Span, escape
from runner.engine.events import (
    CollectionFinished,
    CollectionStarted,
    Event,
    RunFinished,
    RunStarted,
    StepFinished,
    TokenFinished,
)
from runner.engine.results import CollectionResult, Outcome, RunResult, StepResult, TokenResult
from runner.reporters import words

_TEXT = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
#: In an attribute line ends and tabs would become spaces (XML 1.0 § 3.3.3).
_ATTRIBUTE = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\n": "&#10;", "\t": "&#9;"})
#: What is no character of XML (§ 2.2) although a terminal could show it.
_NO_CHARACTER = re.compile("[\ud800-\udfff\ufffe\uffff]")


@dataclass(slots=True, eq=False)
class _Suite:
    """The cases of one collection."""

    name: str
    path: str
    started: float = 0.0
    cases: list[str] = field(default_factory=list)
    names: dict[str, int] = field(default_factory=dict)
    counts: dict[Outcome, int] = field(default_factory=lambda: dict.fromkeys(Outcome, 0))


@dataclass(slots=True, eq=False)
class Reporter:
    """A listener that writes one XML document when the run is done: its head counts what comes below."""

    stream: TextIO
    wants_exchanges: bool = False
    _began: float = 0.0
    _suites: list[str] = field(default_factory=list)
    _counts: dict[Outcome, int] = field(default_factory=lambda: dict.fromkeys(Outcome, 0))
    _suite: _Suite = field(default_factory=lambda: _Suite("", ""))

    def __call__(self, event: Event) -> None:
        match event:
            case RunStarted():
                self._began = event.at
            case CollectionStarted():
                self._suite = _Suite(event.name, event.path, self._began)
            case TokenFinished():
                self._add(_token_case(event.result, self._suite), event.result.outcome)
            case StepFinished():
                self._suite.started = self._suite.started or event.result.started
                self._add(_case(event.result, self._suite), event.result.outcome)
            case CollectionFinished():
                self._suites.append(_suite(self._suite, event.result))
            case RunFinished():
                self._write(event.result)

    def _add(self, case: str, outcome: Outcome) -> None:
        self._suite.cases.append(case)
        self._suite.counts[outcome] += 1
        self._counts[outcome] += 1

    def _write(self, result: RunResult) -> None:
        counts = {name: value for name, value in _counts(self._counts).items() if name != "skipped"}
        head = _attributes({"name": "runner", **counts, "time": _seconds(result.elapsed)})
        self.stream.write(f'<?xml version="1.0" encoding="UTF-8"?>\n<testsuites{head}>\n')
        self.stream.writelines(self._suites)
        self.stream.write("</testsuites>\n")


def _suite(suite: _Suite, result: CollectionResult) -> str:
    moment = datetime.fromtimestamp(suite.started, UTC).isoformat(timespec="seconds").removesuffix("+00:00")
    named = {"name": suite.name, **_counts(suite.counts), "time": _seconds(result.elapsed), "timestamp": moment}
    return f"<testsuite{_attributes({**named, 'file': suite.path})}>\n{''.join(suite.cases)}</testsuite>\n"


def _counts(counts: dict[Outcome, int]) -> dict[str, str]:
    return {
        "tests": str(sum(counts.values())),
        "failures": str(counts[Outcome.FAILED]),
        "errors": str(counts[Outcome.ERRORED]),
        "skipped": str(counts[Outcome.SKIPPED]),
    }


def _case(result: StepResult, suite: _Suite) -> str:
    return _element(suite, result.name, result.span, result.elapsed, _CONTENTS[result.outcome](result))


def _token_case(result: TokenResult, suite: _Suite) -> str:
    text = "\n".join(words.fault_lines(result.fault)) if result.fault else ""
    content = _reason("error", result.fault.message, text, result.fault.kind) if result.fault else ""
    return _element(suite, f"token: {result.name} {result.url}", result.span, result.elapsed, content)


def _element(suite: _Suite, name: str, span: Span | None, elapsed: float, content: str) -> str:
    """One case. Readers take two of one name for one that was run twice, so the second is numbered."""
    count = suite.names[name] = suite.names.get(name, 0) + 1
    shown = name if count == 1 else f"{name} [{count}]"
    place = {"file": span.source.path, "line": str(span.line)} if span else {}
    named = {"classname": suite.name, "name": shown, **place, "time": _seconds(elapsed)}
    return f"<testcase{_attributes(named)}{f'>{content}</testcase>' if content else '/>'}\n"


def _failure(result: StepResult) -> str:
    failed = next((verdict for verdict in result.verdicts if not verdict.passed), None)
    kind = failed.subject if failed else "assertion"
    return _reason("failure", words.failure_line(result), "\n".join(words.failure_lines(result)), kind)


def _error(result: StepResult) -> str:
    kind = result.fault.kind if result.fault else ""
    return _reason("error", words.failure_line(result), "\n".join(words.failure_lines(result)), kind)


def _skipped(result: StepResult) -> str:
    return f"<skipped{_attributes({'message': result.reason})}/>"


_CONTENTS = {
    Outcome.PASSED: lambda result: "",
    Outcome.FAILED: _failure,
    Outcome.ERRORED: _error,
    Outcome.SKIPPED: _skipped,
}


def _reason(element: str, message: str, text: str, kind: str) -> str:
    return f"<{element}{_attributes({'message': message, 'type': kind})}>{_text(text)}</{element}>"


def _attributes(values: dict[str, str]) -> str:
    return "".join(f' {name}="{_characters([value]).translate(_ATTRIBUTE)}"' for name, value in values.items())


def _text(text: str) -> str:
    return _characters(text.split("\n")).translate(_TEXT)


def _characters(lines: Iterable[str]) -> str:
    """Lines in which control characters, which XML cannot hold, are shown escaped."""
    return _NO_CHARACTER.sub("\ufffd", "\n".join(map(escape, lines)))


def _seconds(elapsed: float) -> str:
    return f"{elapsed:.3f}"
