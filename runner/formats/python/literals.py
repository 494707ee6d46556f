"""Values → the text of Python literals, in double quotes, laid out as formatters do. It knows no request."""

from __future__ import annotations

import json
from collections.abc import Sequence

from runner.language.values import dump_json

WIDTH = 108
_CONSTANTS = {None: "None", True: "True", False: "False"}


class Code(str):
    """An expression of Python, as it is written."""

    __slots__ = ()


def text(value: str) -> str:
    """A text in double quotes; what cannot be seen is escaped."""
    return f'"{_inside(value)}"'


def _inside(value: str) -> str:
    return "".join(c if c.isprintable() else _escape(c) for c in json.dumps(value, ensure_ascii=False)[1:-1])


def _escape(character: str) -> str:
    code = ord(character)
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def composed(parts: Sequence[str]) -> str:
    """Texts and Codes as one text: an f-string, where the expressions may stand in one (before Python 3.12)."""
    parts = _merged(parts)
    codes = [part for part in parts if isinstance(part, Code)]
    if not codes:
        return text("".join(parts))
    if any(c in code for code in codes for c in '"\\{}'):
        pieces = [f"str({part})" if isinstance(part, Code) else text(part) for part in parts]
        return " + ".join(pieces)
    inner = [f"{{{p}}}" if isinstance(p, Code) else _inside(p.replace("{", "{{").replace("}", "}}")) for p in parts]
    return f'f"{"".join(inner)}"'


def _merged(parts: Sequence[str]) -> list[str]:
    """The parts with neighbouring texts in one."""
    found: list[str] = []
    for part in parts:
        if found and not isinstance(part, Code) and not isinstance(found[-1], Code):
            found[-1] += part
        elif part:
            found.append(part)
    return found


def literal(value: object, indent: int = 0, used: int = 0) -> str:
    """A value that may hold Codes; over several lines where it is longer than what `used` leaves of one."""
    if isinstance(value, Code):
        return str(value)
    if isinstance(value, str):
        return text(value)
    if not isinstance(value, (dict, list, tuple)):
        return _CONSTANTS[value] if value is None or isinstance(value, bool) else dump_json(value)
    opening, closing = ("{", "}") if isinstance(value, dict) else ("[", "]") if isinstance(value, list) else ("(", ")")
    comma = "," if isinstance(value, tuple) and len(value) == 1 else ""
    short = f"{opening}{', '.join(_items(value, 0))}{comma}{closing}"
    if indent + used + len(short) <= WIDTH and "\n" not in short:
        return short
    inner = " " * (indent + 4)
    lines = "".join(f"{inner}{item},\n" for item in _items(value, indent + 4))
    return f"{opening}\n{lines}{' ' * indent}{closing}"


def _items(value: dict[object, object] | list[object] | tuple[object, ...], indent: int) -> list[str]:
    if isinstance(value, dict):
        names = [literal(name) for name in value]
        return [f"{name}: {literal(it, indent, len(name) + 3)}" for name, it in zip(names, value.values(), strict=True)]
    return [literal(it, indent, 1) for it in value]
