"""Verdicts and faults in words, for every report that a person reads: carets, values with their types, diffs.

What comes in is already redacted, so values may be cut short here. This file knows no colour and no destination: a
styler is handed in.
"""

from __future__ import annotations

import difflib
import json

from runner.diagnostics import Styler, escape, excerpt, plain
from runner.engine.exchange import Exchange, Request, decode_text
from runner.engine.results import Fault, StepResult, Verdict
from runner.language.query import Finding, Miss
from runner.language.values import Value, kind, show

_LONGEST = 300
_BODY_LINES = 14
_BODY_WIDTH = 200
_DIFF_LINES = 24
_KEYS = 8


def short(text: str, longest: int = _LONGEST) -> str:
    """A text in one line, cut in its middle of nothing: only its end is dropped."""
    text = escape(text.replace("\n", "\\n"))
    return text if len(text) <= longest else f"{text[:longest]}… ({len(text):,} characters)"


def value_words(value: Value) -> str:
    """A value with its type: `string 'ada'`, `number 7`, `null`."""
    name = kind(value)
    if value is None or isinstance(value, bool):
        return name if value is None else f"{name} {'true' if value else 'false'}"
    return f"{name} {short(show(value))}"


def verdict_lines(verdict: Verdict, styler: Styler = plain) -> list[str]:
    """A failed verdict: place, line, caret with what was found, and what was expected."""
    label, below = _label(verdict)
    lines: list[str] = []
    if verdict.message:
        lines.append(styler("message", escape(verdict.message)))
    if verdict.span is not None:
        lines.append(styler("place", verdict.span.where))
        lines += excerpt(verdict.span, label, styler, below)
    else:
        lines += [f"{verdict.text}: {label}", *(f"  {line}" for line in below)]
    return lines


def _label(verdict: Verdict) -> tuple[str, list[str]]:
    """What stands beside the caret, and the lines below it."""
    notes = [f"note: {short(note)}" for note in verdict.notes]
    if verdict.expected:
        return _comparison(verdict, notes)
    findings = list(verdict.findings)
    if verdict.problem in ("is not true", "is null") and findings:
        below = [f"{finding.text} {_found(finding)}" for finding in findings] if len(findings) > 1 else []
        own = (
            f"is {value_words(verdict.actual[0])}" if verdict.actual and verdict.actual[0] is None else verdict.problem
        )
        label = own if below else _found(findings[0])
        return label, below + notes
    if verdict.problem.startswith("must give"):
        hint = "compare it with something, as in `… == …`"
        return f"{verdict.problem}: {short(show(verdict.actual[0]))}", [hint, *notes]
    return short(verdict.problem), [f"{finding.text} {_found(finding)}" for finding in findings if finding.miss] + notes


def _comparison(verdict: Verdict, notes: list[str]) -> tuple[str, list[str]]:
    actual, expected = verdict.actual[0], verdict.expected[0]
    words = (
        "expected one of" if verdict.one_of else "expected to include" if "include" in verdict.problem else "expected"
    )
    if isinstance(actual, (dict, list)) and isinstance(expected, (dict, list)) and not verdict.one_of:
        return f"{verdict.problem.replace('is not equal', 'differs')} (- expected, + actual)", diff(
            expected, actual
        ) + notes
    missed = next((finding.miss for finding in verdict.findings if finding.miss is not None), None)
    found = f"is {value_words(actual)}" if missed is None else f"is null: {miss_words(missed)}"
    wanted = ", ".join(map(show, expected)) if verdict.one_of else value_words(expected)
    return found, [f"{words} {wanted}", *_type_hint(actual, expected), *notes]


def _type_hint(actual: Value, expected: Value) -> list[str]:
    """`'7'` and `7` look alike on paper: say that only the type differs."""
    if kind(actual) != kind(expected) and str(actual) == str(expected):
        wanted = "without quotes" if isinstance(expected, str) else "in quotes"
        return [f"only the type differs: write the expected value {wanted}, or convert one of them"]
    return []


def _found(finding: Finding) -> str:
    if finding.miss is not None:
        return f"is null: {miss_words(finding.miss)}"
    return f"is {value_words(finding.value)}"


def miss_words(miss: Miss) -> str:
    """Which step of a path leads nowhere, and what is there instead."""
    if miss.reason == "null parent":
        return f"'{miss.parent}' is null"
    if miss.reason == "not an object":
        return f"'{miss.parent}' is {_a(miss.parent_value_kind)}: it has no keys"
    if miss.reason == "not an array":
        return f"'{miss.parent}' is {_a(miss.parent_value_kind)}, not an array"
    if miss.reason == "index out of range":
        return f"'{miss.parent}' has no element {miss.key}"
    return f"the key '{miss.key}' is missing; {_keys_words(miss)}"


def _keys_words(miss: Miss) -> str:
    keys = list(miss.keys)
    if not keys:
        return f"'{miss.parent}' has no keys"
    if miss.nearest in keys:
        keys.remove(miss.nearest)
        keys.insert(0, miss.nearest)
    shown = ", ".join(f"'{short(key, 60)}'" for key in keys[:_KEYS])
    return f"'{miss.parent}' has {shown}{', …' if len(keys) > _KEYS else ''}"


def _a(name: str) -> str:
    return f"{'an' if name[:1] in 'aeiou' else 'a'} {name}"


def diff(expected: Value, actual: Value) -> list[str]:
    """Where two structures differ, line by line."""
    left = json.dumps(expected, indent=2, ensure_ascii=False, sort_keys=True, default=str).splitlines()
    right = json.dumps(actual, indent=2, ensure_ascii=False, sort_keys=True, default=str).splitlines()
    lines = [
        line for line in difflib.unified_diff(left, right, lineterm="", n=2) if not line.startswith(("---", "+++"))
    ]
    lines = [short(line, _BODY_WIDTH) for line in lines if not line.startswith("@@")]
    more = [f"… {len(lines) - _DIFF_LINES} more lines"] if len(lines) > _DIFF_LINES else []
    return lines[:_DIFF_LINES] + more


def fault_lines(fault: Fault, styler: Styler = plain) -> list[str]:
    """Why a request could not be judged: one line, then its details, hint and place."""
    lines = [short(fault.message, 600)]
    lines += [short(detail, 600) for detail in fault.details]
    if fault.span is not None:
        lines.append(styler("place", fault.span.where))
        if fault.kind == "build":
            return lines + excerpt(fault.span, fault.hint, styler)
    return lines + ([styler("hint", f"hint: {escape(fault.hint)}")] if fault.hint else [])


def body_lines(content: bytes, content_type: str | None, *, most: int | None = _BODY_LINES) -> list[str]:
    """A body for reading: JSON indented, other text as it is, anything else by its size; trimmed to `most` lines."""
    if not content:
        return []
    if _is_binary(content, content_type):
        return [f"({len(content):,} bytes of {content_type or 'unknown type'})"]
    text = decode_text(content, content_type)
    try:
        text = json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        text = text.rstrip()
    lines = text.splitlines()
    if most is None:
        return [escape(line) for line in lines]
    more = [f"… {len(lines) - most} more lines ({len(content):,} bytes)"] if len(lines) > most else []
    return [short(line, _BODY_WIDTH) for line in lines[:most]] + more


def _is_binary(content: bytes, content_type: str | None) -> bool:
    if b"\0" in content[:1024]:
        return True
    return (content_type or "").startswith(("image/", "audio/", "video/", "font/"))


def request_lines(request: Request, styler: Styler = plain) -> list[str]:
    """A request as it goes over the wire."""
    lines = [styler("sent", f"> {request.method} {escape(request.url)}")]
    lines += [styler("sent", f"> {name}: {escape(value)}") for name, value in request.headers]
    return lines + _body_block(">", request.body or b"", request.header("content-type"), "sent", styler)


def exchange_lines(exchange: Exchange, styler: Styler = plain) -> list[str]:
    """A request and its response as they went over the wire, `>` out and `<` in."""
    response = exchange.response
    lines = request_lines(exchange.request, styler)
    for redirect in response.redirects:
        lines.append(styler("received", f"< {redirect.status} redirect from {escape(redirect.url)}"))
    lines.append(styler("received", f"< {response.http_version} {response.status} {escape(response.reason)}".rstrip()))
    lines += [styler("received", f"< {name}: {escape(value)}") for name, value in response.headers]
    return lines + _body_block("<", response.content, response.header("content-type"), "received", styler)


def response_body(exchange: Exchange) -> list[str]:
    """The whole body of a response, for reading."""
    response = exchange.response
    return body_lines(response.content, response.header("content-type"), most=None)


def _body_block(mark: str, content: bytes, content_type: str | None, role: str, styler: Styler) -> list[str]:
    found = body_lines(content, content_type, most=None)
    return [styler(role, mark), *(styler(role, f"{mark} {line}") for line in found)] if found else []


def trimmed_body(result: StepResult) -> list[str]:
    """The response body of a request that failed, trimmed."""
    if result.exchange is None:
        return []
    response = result.exchange.response
    return body_lines(response.content, response.header("content-type"))


def repeats(result: StepResult) -> list[str]:
    """How often a request was sent, where it was more than once: `3 pages`, `asked 5 times`, `7 attempts`."""
    parts = [f"{result.pages} page{'s' if result.pages > 1 else ''}"] if result.pages else []
    parts += [f"asked {result.polls} times"] if result.polls > 1 else []
    expected = max(1, result.pages, result.polls)
    return parts + ([f"{result.attempts} attempts"] if result.attempts > expected else [])


def duration_words(seconds: float) -> str:
    """A duration: `61 ms`, `2.4 s`, `58 min`, `1 h 05 min`."""
    if seconds < 0.9995:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 119.5:
        return f"{seconds:.1f} s".replace(".0 s", " s")
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02d} min"
