"""Verdicts and faults in words, for every report that a person reads: carets, values with their types, diffs.

What comes in is already redacted, so values may be cut short here. This file knows no colour and no destination: a
styler is handed in.
"""

from __future__ import annotations

import difflib
import json

from runner.diagnostics import Styler, escape, excerpt, nearest, plain
from runner.engine import payload
from runner.engine.exchange import Exchange, Request, decode_text
from runner.engine.results import Fault, StepResult, Verdict, Violation
from runner.language.query import Finding, Miss
from runner.language.values import Value, kind, show

_LONGEST = 300
_BODY_LINES = 14
_BODY_WIDTH = 200
_DIFF_LINES = 24
_DIFF_INPUT = 2_000
_CONTEXT = 2
_KEYS = 8
#: Bytes of a body that tell whether it is text.
_BEGINNING = 1024
#: Kinds of faults whose place is the very key to blame: its line is shown.
_AT_A_KEY = frozenset({"build", "file", "too-large"})


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
    left = json.dumps(expected, indent=2, ensure_ascii=False, sort_keys=True, default=str).splitlines()
    right = json.dumps(actual, indent=2, ensure_ascii=False, sort_keys=True, default=str).splitlines()
    left, right = _around_differences(left, right)
    _, _, *found = difflib.unified_diff(left, right, lineterm="", n=_CONTEXT) if left != right else ("", "")
    lines = [short(line, _BODY_WIDTH) for line in found if not line.startswith("@@")]
    more = [f"… {len(lines) - _DIFF_LINES} more lines"] if len(lines) > _DIFF_LINES else []
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
    """Whether a body is nothing to read: by its type, or because much of its beginning is no text.

    What calls itself text is believed, unless it holds zero bytes.
    """
    media_type = (content_type or "").partition(";")[0].strip().lower()
    if media_type.startswith(("image/", "audio/", "video/", "font/")) and not media_type.endswith("+xml"):
        return True
    beginning = decode_text(content[:_BEGINNING], content_type)
    odd = sum(c == "\ufffd" or (c < " " and c not in "\t\n\r\f\x1b") for c in beginning)
    return "\0" in beginning or (odd * 10 > len(beginning) and not media_type.startswith("text/"))


def request_lines(request: Request, styler: Styler = plain) -> list[str]:
    """A request as it goes over the wire."""
    lines = [styler("sent", f"> {request.method} {escape(request.url)}")]
    lines += [styler("sent", f"> {name}: {escape(value)}") for name, value in request.headers]
    return lines + _block(">", request_body(request), "sent", styler)


def request_body(request: Request) -> list[str]:
    """The body of a request, for reading: the parts of a multipart one as they are sent, files by name and size."""
    if isinstance(request.body, bytes):
        return body_lines(request.body, request.header("content-type"), most=None)
    pieces = payload.pieces(request.body or b"")
    shown = (piece.decode("utf-8", "replace") if isinstance(piece, bytes) else file_words(piece) for piece in pieces)
    return [escape(line) for line in "".join(shown).splitlines()]


def part_words(part: payload.BodyPart) -> str:
    """A part of a multipart body in one line: its name, what it holds, as what it is sent."""
    content = part.content
    held = short(content.decode("utf-8", "replace") if isinstance(content, bytes) else file_words(content))
    sent_as = ", ".join(escape(text) for text in (part.filename, part.content_type) if text)
    return f"{escape(part.name)} = {held}{f' as {sent_as}' if sent_as else ''}"


def file_words(file: payload.BodyFile) -> str:
    """A file in place of its content."""
    return f"({file.name}, {file.size:,} bytes)"


def exchange_lines(exchange: Exchange, styler: Styler = plain) -> list[str]:
    """A request and its response as they went over the wire, `>` out and `<` in."""
    response = exchange.response
    lines = request_lines(exchange.request, styler)
    for redirect in response.redirects:
        lines.append(styler("received", f"< {redirect.status} redirect from {escape(redirect.url)}"))
    lines.append(styler("received", f"< {response.http_version} {response.status} {escape(response.reason)}".rstrip()))
    lines += [styler("received", f"< {name}: {escape(value)}") for name, value in response.headers]
    return lines + _block("<", response_body(exchange), "received", styler)


def response_body(exchange: Exchange) -> list[str]:
    """The whole body of a response, for reading; or where it was saved."""
    response = exchange.response
    if response.saved is not None:
        return [f"({response.saved.size:,} bytes saved to {escape(response.saved.name)})"]
    return body_lines(response.content, response.header("content-type"), most=None)


def _block(mark: str, body: list[str], role: str, styler: Styler) -> list[str]:
    return [styler(role, mark), *(styler(role, f"{mark} {line}") for line in body)] if body else []


def trimmed_body(result: StepResult) -> list[str]:
    """The response body of a request that failed, trimmed."""
    if result.exchange is None:
        return []
    response = result.exchange.response
    return body_lines(response.content, response.header("content-type"))


def size_words(size: int) -> str:
    """A size, in decimal units: `512 bytes`, `4.7 kB`, `12.3 MB`."""
    for unit, factor in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if size >= factor:
            return f"{size / factor:.1f} {unit}"
    return f"{size} bytes"


def duration_words(seconds: float) -> str:
    """A duration: `61 ms`, `2.4 s`, `58 min`, `1 h 05 min`."""
    if seconds < 0.9995:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 119.5:
        return f"{seconds:.1f} s".replace(".0 s", " s")
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02d} min"
