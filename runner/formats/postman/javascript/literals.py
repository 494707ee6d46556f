"""Values and regular expressions as JavaScript spells them; what has no like is unsayable.

This file knows no expressions.
"""

from __future__ import annotations

import json
import re
from typing import Any

from runner.language.values import SpelledFloat


class UnsayableError(Exception):
    """An expression for which there is no JavaScript here; the message says why."""


def literal(value: Any) -> str:
    """A JSON value as JavaScript; a number as it is spelled."""
    if isinstance(value, SpelledFloat):
        return str(value)
    return json.dumps(value, ensure_ascii=False).replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def regex(pattern: str) -> str:
    """A regular expression as a literal.

    Raises:
        UnsayableError: JavaScript has no such one.
    """
    match = re.fullmatch(r"\(\?([ims]+)\)(.*)", pattern, re.DOTALL)
    flags, inner = (match[1], match[2]) if match else ("", pattern)
    if not inner or "\n" in inner or re.search(r"\(\?(?![:=!<P])|\\[AZ]|\(\?P[=>]", inner):
        raise UnsayableError("its regular expression is one of Python's own")
    inner = re.sub(r"(?<!\\)((?:\\\\)*)/", r"\1\\/", inner).replace("(?P<", "(?<")
    return f"/{inner}/{flags}"
