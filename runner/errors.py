"""The exception tree and the exit codes. An exception means that we could not judge; a failed assertion is a value.

    RunnerError
    ├── UsageError          the command line asks for something that cannot be          → 2
    ├── InvalidError        files, expressions or variables are not valid; diagnostics  → 3
    ├── NothingSelected     no request is left to run                                   → 6
    ├── EvaluationError     an expression cannot be evaluated on this data
    ├── ResolveError        a declared value cannot be resolved: an EvaluationError with its place in the file
    ├── TransportError      no response came: DNS, connect, TLS, timeout, framing        → 4
    └── AuthError           the token pre-step failed                                   → 5

This file knows no other module of the package but `diagnostics`.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum

from runner.diagnostics import Diagnostic, Span


class ExitCode(IntEnum):
    """What the process says when it ends (docs: exit codes)."""

    PASSED = 0
    FAILED = 1
    USAGE = 2
    INVALID = 3
    TRANSPORT = 4
    AUTH = 5
    NOTHING_SELECTED = 6
    INTERRUPTED = 130


class RunnerError(Exception):
    """Base of all errors of this package; `str()` is one line for a person."""


class UsageError(RunnerError):
    """The command line or the call asks for something that cannot be."""


class InvalidError(RunnerError):
    """Files, expressions or variables are not valid. Holds every fault that was found."""

    def __init__(self, diagnostics: Sequence[Diagnostic]) -> None:
        self.diagnostics = tuple(diagnostics)
        first = self.diagnostics[0].message if self.diagnostics else "invalid input"
        super().__init__(first)


class NothingSelected(RunnerError):
    """The selection leaves no request to run."""


class EvaluationError(RunnerError):
    """An expression cannot be evaluated on this data.

    `start` and `end` are offsets in characters into the expression's text, when the place is known.
    """

    def __init__(self, message: str, start: int | None = None, end: int | None = None, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.start = start
        self.end = end
        self.hint = hint


class ResolveError(RunnerError):
    """A declared value has no value now; `span` is the place in the file. `waits_for` names a capture that failed."""

    def __init__(self, message: str, span: Span | None = None, hint: str = "", waits_for: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.span = span
        self.hint = hint
        self.waits_for = waits_for


class TransportError(RunnerError):
    """A request got no complete response.

    `kind` is one of: dns, connect, tls, proxy, timeout, reset, protocol, encoding, too-large, redirect, url, file.
    `span` is the place in the request file, where one key is to blame: of a `file` that cannot be read or written.
    """

    def __init__(self, kind: str, message: str, hint: str = "", span: Span | None = None) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message
        self.hint = hint
        self.span = span


class AuthError(RunnerError):
    """The token pre-step failed; `details` are further lines (trace id, hint), without secrets' values.

    `code` is the server's `error` (RFC 6749 § 5.2), where it gave one: it has refused for good. `transient`: the server
    had a fault of its own, and may answer the same question another day.
    """

    def __init__(
        self, message: str, details: Sequence[str] = (), hint: str = "", *, code: str = "", transient: bool = False
    ) -> None:
        super().__init__(message)
        self.message = message
        self.details = tuple(details)
        self.hint = hint
        self.code = code
        self.transient = transient
