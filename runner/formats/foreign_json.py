"""JSON of other tools → plain data; numbers keep their spelling. Knows no format."""

from __future__ import annotations

import json
from typing import Any

from runner.formats.draft import ForeignFault
from runner.language.values import spelled_float


def read(text: str) -> Any:
    """The value of a JSON text.

    Raises:
        ForeignFault: it is none, with the line; or it is nested too deep.
    """
    try:
        return json.loads(text, parse_float=spelled_float)
    except json.JSONDecodeError as error:
        raise ForeignFault(f"this is not JSON: column {error.colno}: {error.msg.lower()}", error.lineno) from None
    except (RecursionError, ValueError):
        raise ForeignFault("this JSON cannot be read: it is nested too deep, or a number in it is too long") from None
