"""Errors and diagnostics on standard error, and the exit code that goes with each."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING

from runner.diagnostics import Diagnostic, Styler, counted, escape, render
from runner.errors import ExitCode, InvalidError, NothingSelected, RunnerError, UsageError
from runner.reporters.style import styler_for

if TYPE_CHECKING:
    from runner.engine.plan import Loop, Plan

_MOST = 50
#: Error → exit code; the first row that fits.
_CODES: tuple[tuple[type[Exception], ExitCode], ...] = (
    (InvalidError, ExitCode.INVALID),
    (NothingSelected, ExitCode.NOTHING_SELECTED),
    (UsageError, ExitCode.USAGE),
    (OSError, ExitCode.USAGE),
    (RunnerError, ExitCode.TRANSPORT),
)


def report_error(error: Exception) -> int:
    """Says an error on standard error and gives its exit code."""
    if isinstance(error, InvalidError):
        print_diagnostics(error.diagnostics)
    elif isinstance(error, RunnerError):
        _say(str(error))
    elif isinstance(error, OSError):  # a full disk under the output, a terminal that went away
        _say(f"{error.filename or 'cannot write the output'}: {error.strerror or error}")
    else:
        _say_internal(error)
    return next((code for kind, code in _CODES if isinstance(error, kind)), 70)


def print_diagnostics(diagnostics: Iterable[Diagnostic]) -> None:
    """Every diagnostic with its caret, and how many there are."""
    found = list(diagnostics)
    styler = _styler()
    for diagnostic in found[:_MOST]:
        print(render(diagnostic, styler), file=sys.stderr)
    if len(found) > _MOST:
        print(f"… and {len(found) - _MOST} more", file=sys.stderr)


def _styler() -> Styler:
    """The styler of standard error. A command that failed cannot hand its flag on: it is read where it was written."""
    return styler_for(sys.stderr, "--no-color" in sys.argv)


def rows_words(loop: Loop, plan: Plan) -> str:
    """What a `for_each` goes over, and how many rows that are, where it is known."""
    from runner.language.model import DataFile, Expression, Template

    over = loop.for_each.over
    count = plan.rows_in(loop)
    number = "" if count is None else counted(count, "row")
    if isinstance(over, Expression):
        return over.text
    if isinstance(over, DataFile):
        path = over.path.text if isinstance(over.path, Template) else over.path
        return f"{number} of {path}" if number else path
    return f"{number} of a list"


def _say(text: str) -> None:
    styler = _styler()
    print(f"{styler('error', 'error:')} {escape(text)}", file=sys.stderr)


def _say_internal(error: Exception) -> None:
    if os.environ.get("RUNNER_TRACEBACK"):
        import traceback

        traceback.print_exception(error)
    _say(f"internal error: {type(error).__name__}: {error}")
    print("  This is a fault of runner itself; RUNNER_TRACEBACK=1 shows where.", file=sys.stderr)
