"""JSON values as Python objects: their kinds, exact numbers, typed equality, and how they become text.

A value is None, bool, int, float, str, list, dict with text keys, or bytes (a body's, opaque). Numbers remember how
they were spelled (`1.10` stays `1.10` in a URL), integers are exact. This file knows no YAML and no expression.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from typing import Any

Value = Any

#: A number as JSON writes it (RFC 8259 § 6).
NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?", re.ASCII)


class SpelledInt(int):
    """An int that was written in a way `str` would not give back, such as `-0`."""

    text: str

    def __str__(self) -> str:
        return self.text


class SpelledFloat(float):
    """A float that remembers its digits, such as `1.10`."""

    text: str

    def __str__(self) -> str:
        return self.text


def spelled_float(text: str) -> float:
    """The float of a JSON number's text; keeps the spelling where Python's own would differ."""
    value = float(text)
    if repr(value) == text:
        return value
    spelled = SpelledFloat(value)
    spelled.text = text
    return spelled


def number(text: str) -> int | float | None:
    """The number that a text spells as JSON does, else None; also None where a float overflows."""
    match = NUMBER.fullmatch(text)
    if match is None:
        return None
    if match.group(1) or match.group(2):
        value = spelled_float(text)
        return None if value in (float("inf"), float("-inf")) else value
    try:
        exact = int(text)
    except ValueError:  # more digits than sys.get_int_max_str_digits() allows
        return None
    if text != "-0":
        return exact
    zero = SpelledInt(0)
    zero.text = text
    return zero


_KINDS: dict[type, str] = {
    type(None): "null",
    bool: "boolean",
    int: "number",
    float: "number",
    SpelledInt: "number",
    SpelledFloat: "number",
    str: "string",
    list: "array",
    tuple: "array",
    dict: "object",
    bytes: "bytes",
}


def kind(value: Value) -> str:
    """The JSON name of a value's type: null, boolean, number, string, array, object (or bytes)."""
    name = _KINDS.get(type(value))
    if name is not None:
        return name
    return "object" if isinstance(value, Mapping) else type(value).__name__.lower()


def equal(left: Value, right: Value) -> bool:
    """Deep and typed equality: `true` is not `1`, `1` is `1.0`, also inside lists and objects."""
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(equal, left, right))
    if isinstance(left, Mapping) and isinstance(right, Mapping):
        return left.keys() == right.keys() and all(equal(left[key], right[key]) for key in left)
    return bool(left == right)


def _no_constant(text: str) -> None:
    raise ValueError(f"{text} is not JSON")


_DECODER = json.JSONDecoder(parse_float=spelled_float, parse_constant=_no_constant)


#: Whoever walks a value does it by recursion, which the interpreter bounds.
MAX_DEPTH = 200


def is_deep(value: Value, limit: int = MAX_DEPTH) -> bool:
    """Whether a value is nested deeper than `limit` levels."""
    level = [value]
    for _ in range(limit + 1):
        inner = [node.values() if type(node) is dict else node for node in level if type(node) in (dict, list)]
        level = [node for nodes in inner for node in nodes]
        if not level:
            return False
    return True


def parse_json(text: str) -> Value:
    """The value of a JSON text (RFC 8259).

    Raises:
        ValueError: it is not JSON; the message says where (`line 1, column 2: …`).
    """
    try:
        value = _DECODER.decode(text)
        if text.count("[") + text.count("{") > MAX_DEPTH and is_deep(value):
            raise RecursionError
        return value
    except json.JSONDecodeError as error:
        raise ValueError(f"line {error.lineno}, column {error.colno}: {error.msg.lower()}") from None
    except RecursionError:
        raise ValueError("it is nested too deep") from None


def decode_json_at(text: str, start: int) -> tuple[Value, int]:
    """The JSON value that starts at an offset, and where it ends.

    Raises:
        json.JSONDecodeError: there is none.
        ValueError: it holds what JSON does not have, or is nested too deep.
    """
    try:
        value, end = _DECODER.raw_decode(text, start)
    except RecursionError:
        raise ValueError("it is nested too deep") from None
    if end - start > MAX_DEPTH and is_deep(value):
        raise ValueError("it is nested too deep")
    return value, end


def dump_json(value: Value, indent: int | None = None) -> str:
    """JSON text of a value, numbers as they were spelled, not ASCII-escaped; compact unless `indent` is given.

    Raises:
        ValueError: the value holds bytes or a number that JSON cannot write.
    """
    separators = (",", ":") if indent is None else (",", ": ")
    spelled = _holds_spelled(value)
    given = _marked(value) if spelled else value
    try:
        text = json.dumps(given, ensure_ascii=False, separators=separators, indent=indent, allow_nan=False)
    except TypeError:
        raise ValueError("bytes cannot be written as JSON: use base64()") from None
    return re.sub(f'"{_MARK}([^"]*)"', r"\1", text) if spelled else text


#: What a text begins with that stands for a number's spelling; nobody can know it.
_MARK = os.urandom(12).hex()


def _holds_spelled(value: Value) -> bool:
    """Whether `json` would write a number in another way than it was spelled: it knows no spelling."""
    left = [value]
    while left:
        found = left.pop()
        if isinstance(found, dict):
            left += found.values()
        elif isinstance(found, list):
            left += found
        elif isinstance(found, (SpelledFloat, SpelledInt)):
            return True
    return False


def _marked(value: Value) -> Value:
    if isinstance(value, dict):
        return {name: _marked(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_marked(inner) for inner in value]
    return f"{_MARK}{value.text}" if isinstance(value, (SpelledFloat, SpelledInt)) else value


def as_text(value: Value) -> str:
    """A value within text: text as it is, numbers as they were spelled, structures as compact JSON.

    Raises:
        ValueError: the value is null, or bytes, or holds half a character.
    """
    if isinstance(value, str):
        return _whole(value)
    if value is None:
        raise ValueError("null cannot stand within text")
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return str(value)
    return _whole(dump_json(value))


def _whole(text: str) -> str:
    """The text, unless it holds a lone surrogate, as JSON can spell it and UTF-8 cannot."""
    try:
        if not text.isascii():
            text.encode()
    except UnicodeEncodeError as error:
        half = text[error.start].encode("unicode_escape").decode("ascii")
        raise ValueError(f"it holds half a character ({half}), which cannot be sent") from None
    return text


def show(value: Value) -> str:
    """A value in a message, before its type's name: text in single quotes, others as JSON."""
    if isinstance(value, str):
        return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"
    if isinstance(value, bytes):
        return f"{len(value)} bytes"
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return str(value)
    return json.dumps(value, ensure_ascii=False, default=lambda other: f"{len(other)} bytes")


DURATION = re.compile(r"(-?)([0-9]+(?:\.[0-9]+)?)(ms|s|m|h|d)", re.ASCII)
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
SIZE = re.compile(r"([0-9]+(?:\.[0-9]+)?)\s*(B|kB|KB|MB|GB)", re.ASCII)
_BYTES = {"B": 1, "kB": 1000, "KB": 1000, "MB": 1000_000, "GB": 1000_000_000}


def signed_duration(value: Value) -> float | None:
    """Seconds of `500ms`, `10s`, `2m`, `1h`, `7d`, each with an optional `-` before it, or of a number; else None."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return float(value) if abs(value) < 1e12 else None
    match = DURATION.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None:
        return None
    seconds = float(match.group(2)) * _SECONDS[match.group(3)]
    return -seconds if match.group(1) else seconds


def duration(value: Value) -> float | None:
    """Seconds of a duration that is not negative, or None."""
    seconds = signed_duration(value)
    return seconds if seconds is not None and seconds >= 0 else None


def size(value: Value) -> int | None:
    """Bytes of `10MB`, `64kB` or a whole number of bytes (decimal units); None for anything else."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value if value >= 0 else None
    match = SIZE.fullmatch(value.strip()) if isinstance(value, str) else None
    return round(float(match.group(1)) * _BYTES[match.group(2)]) if match else None
