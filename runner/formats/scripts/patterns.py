"""Regular expressions of JavaScript as Python has them; None where the two differ in meaning."""

from __future__ import annotations

import re

from runner.formats.scripts.values import Expression

_NAMED = re.compile(r"\(\?<(?=[A-Za-z_])")
_SLASH = re.compile(r"\\/")
_UNICODE = re.compile(r"\\u\{([0-9A-Fa-f]+)\}")


def js_pattern(expression: Expression) -> str | None:
    """The pattern in Python's language, its flags within it."""
    pattern = _SLASH.sub("/", _NAMED.sub("(?P<", expression.pattern))
    pattern = _UNICODE.sub(lambda match: re.escape(chr(int(match[1], 16))), pattern)
    flags = "".join(flag for flag in expression.flags if flag in "ims")
    if set(expression.flags) - set("gimsuy"):
        return None
    pattern = f"(?{flags}){pattern}" if flags else pattern
    try:
        re.compile(pattern)
    except (re.error, OverflowError, RecursionError):
        return None
    return pattern
