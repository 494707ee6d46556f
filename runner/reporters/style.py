"""Colours and marks of terminals: one table of roles. Plain where a stream is no terminal or NO_COLOR is set."""

from __future__ import annotations

import os
import sys
from typing import NamedTuple, TextIO

from runner.diagnostics import Styler, plain
from runner.engine.results import Outcome

#: ENABLE_VIRTUAL_TERMINAL_PROCESSING of SetConsoleMode.
_VIRTUAL_TERMINAL = 4
#: Role → SGR parameters (ECMA-48 § 8.3.117).
_COLOURS = {
    "error": "1;31", "warning": "1;33", "place": "36", "gutter": "34", "caret": "1;31", "hint": "33",
    "passed": "32", "failed": "1;31", "errored": "1;35", "skipped": "33", "name": "1", "time": "2", "progress": "2",
    "sent": "36", "received": "2", "message": "1", "repeated": "33",
    "json key": "34", "json string": "32", "json number": "36", "json literal": "35",
}  # fmt: skip


def coloured(role: str, text: str) -> str:
    """The text in the colour of its role."""
    code = _COLOURS.get(role)
    return f"\x1b[{code}m{text}\x1b[0m" if code and text else text


def wants_colour(stream: TextIO, no_colour: bool = False) -> bool:
    """Whether a stream is to be coloured: --no-color, then NO_COLOR and FORCE_COLOR, then whether it is a terminal."""
    if no_colour or os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return is_terminal(stream)


def is_terminal(stream: TextIO) -> bool:
    """Whether a stream is a terminal that understands control sequences."""
    return stream.isatty() and os.environ.get("TERM") != "dumb" and _obeys(stream)


def _obeys(stream: TextIO) -> bool:
    """Whether a console of Windows takes control sequences, which older ones have to be told to do."""
    if sys.platform != "win32":
        return True
    import ctypes
    import msvcrt

    handle = msvcrt.get_osfhandle(stream.fileno())
    mode = ctypes.c_uint32()
    console = ctypes.windll.kernel32
    if not console.GetConsoleMode(handle, ctypes.byref(mode)):
        return bool(os.environ.get("TERM"))  # a terminal of MSYS or Cygwin
    return bool(console.SetConsoleMode(handle, mode.value | _VIRTUAL_TERMINAL))


def terminal_width(stream: TextIO) -> int:
    """How many cells a line of a terminal has; 80 where it does not say."""
    try:
        return os.get_terminal_size(stream.fileno()).columns or 80
    except (OSError, ValueError):
        return 80


def styler_for(stream: TextIO, no_colour: bool = False) -> Styler:
    """The styler that fits a stream."""
    return coloured if wants_colour(stream, no_colour) else plain


class Marks(NamedTuple):
    """One character for each outcome, and for progress."""

    passed: str = "✓"
    failed: str = "✗"
    errored: str = "!"
    skipped: str = "-"
    running: str = "⋯"
    ellipsis: str = "…"
    done: str = "█"
    left: str = "░"

    def of(self, outcome: Outcome) -> str:
        """The mark of an outcome."""
        mark: str = getattr(self, outcome.value)
        return mark


def marks_for(stream: TextIO) -> Marks:
    """Marks that the stream's encoding can write."""
    try:
        "✓✗⋯…█░".encode(stream.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return Marks("+", "x", "!", "-", "~", "...", "#", ".")
    return Marks()
