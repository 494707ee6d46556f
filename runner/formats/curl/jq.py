"""Filters of jq that are paths ↔ expressions of ours: `.a.b[0]."x-y"`, `.items[].id`."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

from runner.formats.symbols import path_of as symbol_path
from runner.formats.texts import name
from runner.language.query import Query

_STEP = re.compile(
    r"""\.?\[(-?\d+)\]|\.?\["((?:[^"\\]|\\.)*)"\]|\.([A-Za-z_]\w*)\??|\."((?:[^"\\]|\\.)*)"\??|(\.?\[\])|\s*\|\s*(?=\.)""",
    re.ASCII,
)
#: Options that change how a result is written, and not what it is.
_HARMLESS = frozenset({"-r", "--raw-output", "-e", "--exit-status", "-c", "-M", "-er", "-re", "-rc", "-j", "-cr", "-S"})


def path_of(words: Sequence[str]) -> str | None:
    """The path below the body that jq's arguments take out of it; None for what is more than a path."""
    filters = [word for word in words if not word.startswith("-")]
    options = {word for word in words if word.startswith("-")}
    if len(filters) != 1 or not options <= _HARMLESS:
        return None
    return translated(filters[0].strip())


def translated(filter_text: str) -> str | None:
    """A filter as an expression below the body; None where it is no path."""
    if filter_text == ".":
        return ""
    position, path = 0, ""
    while position < len(filter_text):
        step = _STEP.match(filter_text, position)
        if step is None or step.end() == position:
            return None
        number, quoted, key, quoted_key, each = step.groups()
        found = key or quoted or quoted_key
        if found is not None:
            path += ("." if path else "") + name(found)
        elif number is not None or each:
            path += f"[{number}]" if number is not None else "[]"
        position = step.end()
    return path


def filter_of(source: Query) -> str | None:
    """The filter for an expression over a response that is a path below its body; None for another one."""
    path = symbol_path(source)
    if path is None or path[:1] != ("body",):
        return None
    steps = [f"[{step}]" if isinstance(step, int) else _key(step) for step in path[1:]]
    whole = "".join(steps)
    return whole if whole.startswith(".") else f".{whole}"


def _key(step: str) -> str:
    return f".{step}" if re.fullmatch(r"[A-Za-z_]\w*", step, re.ASCII) else f".{json.dumps(step)}"
