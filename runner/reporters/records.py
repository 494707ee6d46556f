"""Results as plain data for programs: what `json` and `ndjson` write, as schema/report.json describes it.

Times are in milliseconds, moments in UTC (RFC 3339). What comes in is already redacted; values that would be long are
given in short.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from runner.diagnostics import Span
from runner.engine.results import Fault, Outcome, RunResult, StepResult, TokenResult, Verdict
from runner.language.values import Value, show
from runner.reporters import words
from runner.reporters.bodies import trimmed_lines

#: The number of this form of the report: it changes when something is taken away or means something else.
VERSION = 1
_LONGEST_VALUE = 4000

Record = dict[str, Any]


def dumps(record: Any) -> str:
    """JSON of a record in one line. Where characters are in it that a terminal obeys or hides, all are escaped."""
    text = _READABLE.encode(record)
    return text if text.isprintable() else _ESCAPED.encode(record).replace("\x7f", "\\u007f")


# Made once, and without a search for circles that cannot be: that is half of the time.
_READABLE = json.JSONEncoder(ensure_ascii=False, check_circular=False, separators=(",", ":"), default=show)
_ESCAPED = json.JSONEncoder(check_circular=False, separators=(",", ":"), default=show)


def moment(seconds: float) -> str | None:
    """A moment in UTC (RFC 3339); None for one that is not known."""
    if not seconds:
        return None
    second, rest = divmod(round(seconds * 1000), 1000)
    return f"{_second(second)}.{rest:03}Z"


@lru_cache(maxsize=64)
def _second(second: int) -> str:
    return datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%S")


def milliseconds(seconds: float) -> float:
    """Milliseconds with one digit behind the point."""
    return round(seconds * 1000, 1)


def run_record(result: RunResult) -> Record:
    """How a run ended."""
    return {
        "passed": result.passed,
        "exit_code": int(result.exit_code),
        "interrupted": result.interrupted,
        "elapsed_ms": milliseconds(result.elapsed),
        "counts": counts(result.steps),
    }


def counts(steps: Iterable[StepResult]) -> dict[str, int]:
    """How many requests ended how."""
    found = dict.fromkeys(map(str, Outcome), 0)
    for step in steps:
        found[step.outcome.value] += 1
    return found


def request_record(result: StepResult) -> Record:
    """One request. What does not apply to it is left out."""
    record: Record = {
        "name": result.name,
        "outcome": result.outcome.value,
        **_place(result.span),
        "groups": list(result.groups),
        "tags": list(result.tags),
        "method": result.method,
        "url": result.url,
        "status": result.status,
        "started": moment(result.started),
        "elapsed_ms": milliseconds(result.elapsed),
        "assertions": [_verdict_record(verdict) for verdict in result.verdicts],
        "captured": list(result.captured),
    }
    if result.reason:
        record["reason"] = result.reason
    for name, count in (("attempts", result.attempts), ("polls", result.polls), ("pages", result.pages)):
        if count > 1:
            record[name] = count
    if result.notes:
        record["notes"] = list(result.notes)
    if result.fault is not None:
        record["fault"] = _fault_record(result.fault)
    if result.outcome is Outcome.FAILED and result.exchange is not None:
        response = result.exchange.response
        record["response_body"] = "\n".join(trimmed_lines(response.content, response.header("content-type")))
    return record


def token_record(result: TokenResult) -> Record:
    """One fetch of a token."""
    record: Record = {
        "name": result.name,
        "outcome": result.outcome.value,
        **_place(result.span),
        "method": result.method,
        "url": result.url,
        "status": result.status,
        "elapsed_ms": milliseconds(result.elapsed),
        "number": result.number,
        "cached": result.cached,
        "expires_in": result.lifetime,
    }
    if result.warnings:
        record["warnings"] = list(result.warnings)
    if result.fault is not None:
        record["fault"] = _fault_record(result.fault)
    return record


def _place(span: Span | None) -> Record:
    if span is None:
        return {}
    line, column = span.source.place(span.start)
    return {"file": span.source.path, "line": line, "column": column}


def _fault_record(fault: Fault) -> Record:
    found = {"kind": fault.kind, "message": fault.message, "details": list(fault.details), "hint": fault.hint}
    return found | _place(fault.span)


def _verdict_record(verdict: Verdict) -> Record:
    record: Record = {
        "subject": verdict.subject,
        "text": verdict.text,
        "passed": verdict.passed,
        **_place(verdict.span),
    }
    if verdict.passed:
        return record
    record["problem"] = verdict.problem
    record["explanation"] = words.explanation(verdict)
    if verdict.message:
        record["message"] = verdict.message
    for name, value in (("actual", verdict.actual), ("expected", verdict.expected)):
        if value:
            record |= _value(name, value[0])
    return record


def _value(name: str, value: Value) -> Record:
    """A value as it is, or its beginning as `…_shortened` where it is long or no JSON."""
    text = show(value)
    if isinstance(value, bytes) or len(text) > _LONGEST_VALUE:
        return {f"{name}_shortened": words.short(text)}
    return {name: value}
