"""What the tools make up: `{{$guid}}`, `{{$timestamp -1 d}}`, `{{$processEnv NAME}}`, `{{$random.integer(1, 9)}}`."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from runner.formats import dynamic
from runner.formats.texts import call, constant

_NAME = re.compile(r"[A-Za-z_]\w*", re.ASCII)
_WORDS = re.compile(r"\"[^\"]*\"|'[^']*'|\S+")
_CALL = re.compile(r"random\.(\w+)(?:\(\s*([^()]*?)\s*\))?")
#: Units of offsets → ours. Months and years have no fixed length.
_UNITS = {"ms": "ms", "s": "s", "m": "m", "h": "h", "d": "d"}
_WEEK = 7
#: A format of dayjs → of strftime.
_FORMATS = (
    ("YYYY", "%Y"), ("YY", "%y"), ("MM", "%m"), ("DD", "%d"), ("HH", "%H"), ("hh", "%I"), ("mm", "%M"), ("ss", "%S"),
    ("A", "%p"),
)  # fmt: skip
_RFC_1123 = "%a, %d %b %Y %H:%M:%S GMT"

Found = tuple[str, str]  # an expression, and the JSON type that it gives


def find(inner: str) -> Found | None:
    """The expression for what stands behind the `$`; None where there is none."""
    words = _WORDS.findall(inner)
    name = words[0] if words else ""
    drawn = _CALL.fullmatch(inner)
    if drawn:
        return _drawn(drawn[1], [part.strip() for part in (drawn[2] or "").split(",") if part.strip()])
    make = _SYSTEM.get(name)
    if make is not None:
        return make(words[1:])
    env = re.fullmatch(r"env\.([A-Za-z_]\w*)", inner, re.ASCII)
    if env:
        return f"env.{env[1]}", "string"
    return dynamic.find(name) if len(words) == 1 else None


def _environment(words: list[str]) -> Found | None:
    """`$processEnv NAME`; with `%` before it a variable says the name."""
    return (f"env.{words[0]}", "string") if len(words) == 1 and _NAME.fullmatch(words[0]) else None


def _moved(base: str, words: list[str]) -> str | None:
    """A time moved by an offset such as `-1 d`."""
    if not words:
        return base
    if len(words) != 2 or not re.fullmatch(r"[+-]?\d+", words[0]):
        return None
    amount, unit = int(words[0]), words[1]
    if unit == "w":
        amount, unit = amount * _WEEK, "d"
    return call("date_add", base, constant(f"{amount}{_UNITS[unit]}")) if unit in _UNITS else None


def _timestamp(words: list[str]) -> Found | None:
    moved = _moved("now()", words)
    return (call("timestamp", moved) if words and moved else "timestamp()", "number") if moved else None


def _datetime(words: list[str]) -> Found | None:
    form = words[0].strip("'\"") if words else "iso8601"
    moved = _moved("now()", words[1:])
    if moved is None:
        return None
    if form == "iso8601":
        return moved, "string"
    strftime = _RFC_1123 if form == "rfc1123" else _strftime(form)
    return (call("date_format", moved, constant(strftime)), "string") if strftime else None


def _strftime(form: str) -> str | None:
    """A format of dayjs as one of strftime; None where a letter is left that means something else."""
    written = form
    for theirs, ours in _FORMATS:
        written = written.replace(theirs, ours)
    return None if re.search(r"(?<!%)[A-Za-z]", written.replace("T", "").replace("Z", "")) else written


def _random_int(words: list[str]) -> Found | None:
    if not words:
        return dynamic.find("randomInt")
    if len(words) != 2 or not all(re.fullmatch(r"-?\d+", word) for word in words) or int(words[0]) >= int(words[1]):
        return None
    return f"random_int(`{int(words[0])}`, `{int(words[1]) - 1}`)", "number"  # the upper bound is left out


def _drawn(kind: str, arguments: list[str]) -> Found | None:
    if kind == "uuid" and not arguments:
        return "uuid()", "string"
    if kind == "integer":
        return _random_int(arguments or ["0", "1000"])
    if kind in ("hexadecimal", "alphanumeric") and len(arguments) <= 1:
        length = arguments[0] if arguments else "10"
        if length.isdigit() and 0 < int(length) <= 32:
            return f"match(replace(uuid(), '-', ''), '^.{{{int(length)}}}')[0]", "string"
    if kind == "email" and not arguments:
        return "join('', ['user-', match(uuid(), '^.{8}')[0], '@example.com'])", "string"
    return None


_SYSTEM: Mapping[str, Callable[[list[str]], Found | None]] = {
    "processEnv": _environment,
    "dotenv": _environment,
    "timestamp": _timestamp,
    "datetime": _datetime,
    "randomInt": _random_int,
}
