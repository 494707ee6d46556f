"""Verdicts and faults in words, for every report that a person reads: carets, values with their types, diffs.

What comes in is already redacted, so values may be cut short here. This file knows no colour and no destination: a
styler is handed in.
"""

from __future__ import annotations

import json
from collections.abc import Iterable

from runner.diagnostics import LINE_WIDTH, Styler, escape, excerpt, plain
from runner.engine.exchange import Exchange, Request
from runner.engine.results import Fault, Outcome, RunResult, StepResult, Verdict
from runner.language.query import Finding, Miss
from runner.language.values import Value, kind, show
from runner.reporters.bodies import request_body_lines, response_body_lines, trimmed_lines

_LONGEST = 300
#: What a diff's label ends with, and how labels begin that want the expression before them.
_SIGNS = " (- expected, + actual)"
_PREDICATES = ("is ", "differs", "does ", "must ")
_DIFF_WIDTH = 200
_DIFF_LINES = 24
_DIFF_PAIRS = 4_000_000
_KEYS = 8


def short(text: str, longest: int = _LONGEST) -> str:
    """A text in one line; only its end is dropped."""
    shown = escape(text[: longest + 1].replace("\n", "\\n"))
    return shown if len(shown) <= longest else f"{shown[:longest]}… ({len(text):,} characters)"


def value_words(value: Value) -> str:
    """A value with its type: `string 'ada'`, `number 7`, `null`."""
    name = kind(value)
    if value is None or isinstance(value, bool):
        return name if value is None else f"{name} {'true' if value else 'false'}"
    return f"{name} {short(show(value))}"


def verdict_lines(verdict: Verdict, styler: Styler = plain, width: int = LINE_WIDTH) -> list[str]:
    """A failed verdict: place, line, caret with what was found, and what was expected."""
    label, below = _label(verdict)
    lines: list[str] = []
    if verdict.message:
        lines.append(styler("message", escape(verdict.message)))
    if verdict.span is not None:
        lines.append(styler("place", verdict.span.where))
        lines += excerpt(verdict.span, label, styler, below, width)
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
        label = verdict.problem.replace("is not equal", "differs") + _SIGNS
        return label, diff(expected, actual) + notes
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
    compare = _all_lines if len(left) * len(right) <= _DIFF_PAIRS else _first_lines
    found = [line for line in compare(left, right) if not line.startswith(("---", "+++", "@@"))]
    lines = [short(line, _DIFF_WIDTH) for line in found[:_DIFF_LINES]]
    return lines + ([f"… {len(found) - _DIFF_LINES} more lines"] if len(found) > _DIFF_LINES else [])


def _all_lines(left: list[str], right: list[str]) -> Iterable[str]:
    """Compares each line with each, which takes long where there are many."""
    from difflib import unified_diff  # 3 ms, and few runs show a difference

    return unified_diff(left, right, lineterm="", n=2)


def _first_lines(left: list[str], right: list[str]) -> Iterable[str]:
    """Where two long texts begin to differ."""
    same = next((at for at, (a, b) in enumerate(zip(left, right, strict=False)) if a != b), min(len(left), len(right)))
    half = _DIFF_LINES // 2
    expected = [f"-{line}" for line in left[same : same + half]]
    return [*(f" {line}" for line in left[max(0, same - 2) : same]), *expected, *(f"+{line}" for line in right[same:])]


def fault_lines(fault: Fault, styler: Styler = plain) -> list[str]:
    """Why a request could not be judged: one line, then its details, hint and place."""
    lines = [short(fault.message, 600)]
    lines += [short(detail, 600) for detail in fault.details]
    if fault.span is not None:
        lines.append(styler("place", fault.span.where))
        if fault.kind == "build":
            return lines + excerpt(fault.span, fault.hint, styler)
    return lines + ([styler("hint", f"hint: {escape(fault.hint)}")] if fault.hint else [])


def request_lines(request: Request, styler: Styler = plain) -> list[str]:
    """A request as it goes over the wire."""
    lines = [styler("sent", f"> {request.method} {escape(request.url)}")]
    lines += [styler("sent", f"> {name}: {escape(value)}") for name, value in request.headers]
    return lines + _body_block(">", request_body_lines(request, styler), "sent", styler)


def exchange_lines(exchange: Exchange, styler: Styler = plain) -> list[str]:
    """A request and its response as they went over the wire, `>` out and `<` in."""
    response = exchange.response
    lines = request_lines(exchange.request, styler)
    for redirect in response.redirects:
        lines.append(styler("received", f"< {redirect.status} redirect from {escape(redirect.url)}"))
    lines.append(styler("received", f"< {response.http_version} {response.status} {escape(response.reason)}".rstrip()))
    lines += [styler("received", f"< {name}: {escape(value)}") for name, value in response.headers]
    return lines + _body_block("<", response_body_lines(exchange, styler), "received", styler)


def _body_block(mark: str, found: list[str], role: str, styler: Styler) -> list[str]:
    return [styler(role, mark), *(f"{styler(role, mark)} {line}" for line in found)] if found else []


def failure_lines(result: StepResult, styler: Styler = plain, body: bool = True, width: int = LINE_WIDTH) -> list[str]:
    """Why a request did not pass: its fault, each verdict that does not hold, and the beginning of the response."""
    lines = fault_lines(result.fault, styler) if result.fault is not None else []
    for verdict in result.verdicts:
        if not verdict.passed:
            lines += verdict_lines(verdict, styler, width)
    if body and result.outcome is Outcome.FAILED and result.exchange is not None:
        response = result.exchange.response
        shown = trimmed_lines(response.content, response.header("content-type"), styler)
        lines += [styler("hint", "response body:"), *shown] if shown else []
    return lines


def failure_line(result: StepResult) -> str:
    """The same in one line: what was found first, and how many more there are."""
    if result.fault is not None:
        return escape(result.fault.message)
    failed = [verdict for verdict in result.verdicts if not verdict.passed]
    if not failed:
        return ""
    more = f" (and {len(failed) - 1} more)" if len(failed) > 1 else ""
    return verdict_line(failed[0]) + more


def verdict_line(verdict: Verdict) -> str:
    """A failed verdict in one line: its text with what was found, after its own message."""
    label, below = _label(verdict)
    label = label.removesuffix(_SIGNS)
    expected = next((line for line in below if line.startswith("expected")), "")
    subject = f"{short(verdict.text)} " if label.startswith(_PREDICATES) else ""
    found = f"{subject}{label}{f', {expected}' if expected else ''}"
    return f"{short(verdict.message)}: {found}" if verdict.message else found


def explanation(verdict: Verdict) -> list[str]:
    """What is said beside the caret of a failed verdict, and below it."""
    label, below = _label(verdict)
    return [label, *below]


def duration_words(seconds: float) -> str:
    """A duration: `61 ms`, `2.4 s`, `58 min`, `1 h 05 min`."""
    if seconds < 0.9995:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 119.5:
        return f"{seconds:.1f} s".replace(".0 s", " s")
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02d} min"


def summary(result: RunResult, styler: Styler = plain) -> str:
    """The last line: how many requests ended how, in which time, with how many token requests."""
    counts = [(outcome, result.count(outcome)) for outcome in Outcome]
    parts = [styler(outcome.value, f"{number} {outcome.value}") for outcome, number in counts if number]
    head = ", ".join(parts) or "nothing was run"
    tokens = sum(not token.cached for token in result.tokens)
    fetched = f", {tokens} token request{'s' if tokens != 1 else ''}" if tokens else ""
    text = f"{head} in {duration_words(result.elapsed)}{fetched}"
    return f"{styler('errored', 'interrupted:')} {text}" if result.interrupted else text
