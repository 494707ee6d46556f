"""Verdicts and faults in words, for every report that a person reads: carets, values with their types, diffs.

What comes in is already redacted, so values may be cut short here. This file knows no colour and no destination: a
styler is handed in.
"""

from __future__ import annotations

import json

from runner.diagnostics import LINE_WIDTH, Styler, counted, escape, excerpt, nearest, plain
from runner.engine.exchange import Exchange, Request
from runner.engine.results import Fault, Outcome, RunResult, StepResult, Verdict, Violation
from runner.language.query import Finding, Miss
from runner.language.values import Value, kind, show
from runner.reporters.bodies import request_body_lines, response_body_lines, trimmed_lines

_LONGEST = 300
#: What a diff's label ends with, and how labels begin that want the expression before them.
_SIGNS = " (- expected, + actual)"
_PREDICATES = ("is ", "differs", "does ", "must ")
_DIFF_WIDTH = 200
_DIFF_LINES = 24
_DIFF_INPUT = 2_000
_CONTEXT = 2
_KEYS = 8
#: Kinds of faults whose place is the very key to blame: its line is shown.
_AT_A_KEY = frozenset({"build", "file", "too-large"})


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
    if verdict.violations:
        more = [f"… and {verdict.unshown:,} more"] if verdict.unshown else []
        return verdict.problem, [*map(violation_words, verdict.violations), *more, *notes]
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


def violation_words(violation: Violation) -> str:
    """Where a body breaks its schema, what is there, and what the rule asks for."""
    from runner.engine.schemas.rules import rule_words  # only where a file uses schemas

    path, keyword = short(violation.path), violation.keyword
    rule = f"{short(rule_words(keyword, violation.wanted))} ({keyword})"
    if keyword in _ABOUT_KEYS:
        keys = _nearest_first(violation.wanted[0], violation.actual[0])
        return f"{path} {rule}{f'; there are {_some(keys)}' if keys else ''}"
    if keyword.startswith("propertyNames/"):
        return f"{path} has a name that {rule}"
    joint = ": it " if rule.startswith("must ") else ", which "
    return f"{path} is {value_words(violation.actual[0])}{joint}{rule}"


#: Keywords that ask for another key.
_ABOUT_KEYS = ("required", "dependentRequired", "dependencies")


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
    keys = sorted(miss.keys, key=lambda key: key != miss.nearest)
    if not keys:
        return f"'{miss.parent}' has no keys"
    return f"'{miss.parent}' has {_some(keys)}"


def _nearest_first(name: str, keys: list[str]) -> list[str]:
    near = nearest(name, keys)
    return sorted(keys, key=lambda key: key != near)


def _some(keys: list[str]) -> str:
    shown = ", ".join(f"'{short(key, 60)}'" for key in keys[:_KEYS])
    return f"{shown}{', …' if len(keys) > _KEYS else ''}"


def _a(name: str) -> str:
    return f"{'an' if name[:1] in 'aeiou' else 'a'} {name}"


def diff(expected: Value, actual: Value) -> list[str]:
    """Where two structures differ, line by line."""
    from difflib import unified_diff  # 3 ms, and few runs show a difference

    left = json.dumps(expected, indent=2, ensure_ascii=False, sort_keys=True, default=str).splitlines()
    right = json.dumps(actual, indent=2, ensure_ascii=False, sort_keys=True, default=str).splitlines()
    left, right = _around_differences(left, right)
    _, _, *found = unified_diff(left, right, lineterm="", n=_CONTEXT) if left != right else ("", "")
    lines = [short(line, _DIFF_WIDTH) for line in found if not line.startswith("@@")]
    more = [f"… {counted(len(lines) - _DIFF_LINES, 'more line')}"] if len(lines) > _DIFF_LINES else []
    return lines[:_DIFF_LINES] + more


def _around_differences(left: list[str], right: list[str]) -> tuple[list[str], list[str]]:
    """Two texts without what they begin and end with alike; of long ones only the beginning.

    difflib's time grows with the square of the length.
    """
    shorter = min(len(left), len(right))
    begin = next((at for at in range(shorter) if left[at] != right[at]), shorter)
    end = next((at for at in range(shorter - begin) if left[-1 - at] != right[-1 - at]), shorter - begin)
    first, last = max(0, begin - _CONTEXT), max(0, end - _CONTEXT)
    return left[first : len(left) - last][:_DIFF_INPUT], right[first : len(right) - last][:_DIFF_INPUT]


def fault_lines(fault: Fault, styler: Styler = plain) -> list[str]:
    """Why a request could not be judged: one line, then its details, hint and place."""
    lines = [short(fault.message, 600)]
    lines += [short(detail, 600) for detail in fault.details]
    if fault.span is not None:
        lines.append(styler("place", fault.span.where))
        if fault.kind in _AT_A_KEY:
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
    lines += [styler("hint", escape(note)) for note in result.notes]
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


def size_words(size: int) -> str:
    """A size, in decimal units: `512 bytes`, `4.7 kB`, `12.3 MB`."""
    for unit, factor in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if size >= factor:
            return f"{size / factor:.1f} {unit}"
    return f"{size} bytes"


def repeats(result: StepResult) -> list[str]:
    """How often a request was sent, where it was more than once: `3 pages`, `asked 5 times`, `7 attempts`."""
    parts = [counted(result.pages, "page")] if result.pages else []
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


def summary(result: RunResult, styler: Styler = plain) -> str:
    """The last line: how many requests ended how, in which time, with how many token requests."""
    counts = [(outcome, result.count(outcome)) for outcome in Outcome]
    parts = [styler(outcome.value, f"{number} {outcome.value}") for outcome, number in counts if number]
    head = ", ".join(parts) or "nothing was run"
    tokens = sum(not token.cached for token in result.tokens)
    fetched = f", {counted(tokens, 'token request')}" if tokens else ""
    text = f"{head} in {duration_words(result.elapsed)}{fetched}"
    return f"{styler('errored', 'interrupted:')} {text}" if result.interrupted else text
