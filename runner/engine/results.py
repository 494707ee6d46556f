"""What a run leaves: outcomes and verdicts as data, from one assertion up to the whole run.

Nothing is cut short here: values are whole, so that secrets in them can be found and masked before anyone shortens
them. This file knows no console and no report.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple

from runner.diagnostics import Span
from runner.engine.exchange import Exchange, Request
from runner.errors import ExitCode
from runner.language.query import Finding
from runner.language.values import Value
from runner.redaction import public


class Outcome(StrEnum):
    """How a request ended: judged good, judged bad, could not be judged, or was not sent."""

    PASSED = "passed"
    FAILED = "failed"
    ERRORED = "errored"
    SKIPPED = "skipped"


class Violation(NamedTuple):
    """One place where a body breaks its schema: the path to it, and the keyword of the rule.

    `wanted` is the value under the keyword, or what of it decided; `actual` is empty where nothing is there.
    """

    path: str
    keyword: str
    wanted: tuple[Value, ...] = ()
    actual: tuple[Value, ...] = ()


class Verdict(NamedTuple):
    """One judged assertion, capture, schema or snapshot.

    `expected` is a one-element tuple where there is something to compare with. `problem` says in words why it does not
    hold; `findings` are the values of its parts; `notes` go below. `violations` are those of a schema, `unshown` counts
    those that are left out.
    """

    passed: bool
    text: str
    span: Span | None = None
    problem: str = ""
    actual: tuple[Value, ...] = ()
    expected: tuple[Value, ...] = ()
    one_of: bool = False
    findings: tuple[Finding, ...] = ()
    notes: tuple[str, ...] = ()
    message: str = ""
    subject: str = "assertion"
    violations: tuple[Violation, ...] = ()
    unshown: int = 0


class Fault(NamedTuple):
    """Why a request could not be judged. `kind` is `build`, `auth`, or a TransportError's kind."""

    kind: str
    message: str
    details: tuple[str, ...] = ()
    hint: str = ""
    span: Span | None = None

    @property
    def exit_code(self) -> ExitCode:
        return ExitCode.AUTH if self.kind == "auth" else ExitCode.TRANSPORT


@public("key")
@dataclass(frozen=True, slots=True)
class TokenResult:
    """One fetch of a token: the pre-step. `number` counts the tokens of its identity, from 1.

    `cached`: it was not fetched but kept from an earlier run. `warnings` are about the cache.
    """

    name: str
    method: str
    url: str
    outcome: Outcome
    number: int
    key: tuple[Any, ...] = field(default=(), repr=False)
    status: int | None = None
    elapsed: float = 0.0
    lifetime: float | None = None
    fault: Fault | None = None
    exchanges: tuple[Exchange, ...] = ()
    cached: bool = False
    warnings: tuple[str, ...] = ()
    span: Span | None = None


class StepResult(NamedTuple):
    """One request: `name` is its full name, `groups` the names of the groups around it, outermost first.

    `elapsed` is in seconds: of the last exchange, or until it was clear that no answer comes. `started` is when it was
    first sent, in seconds since 1970; 0 where that is not known. `reason` says why it was skipped.
    `exchange` is the last one and `earlier` those before it (a renewed token, an attempt, a poll, a page),
    `unanswered` a request that got no response; these only where a listener asked for them or the request did not pass.
    `attempts` counts how often it was sent, the first time among them (not after a renewed token); `polls` and `pages`
    count what `poll` and `paginate` did, else they are 0. `notes` say in words what was repeated, and why.
    """

    collection: str
    name: str
    outcome: Outcome
    method: str = ""
    url: str = ""
    path: str = ""
    status: int | None = None
    elapsed: float = 0.0
    verdicts: tuple[Verdict, ...] = ()
    fault: Fault | None = None
    reason: str = ""
    exchange: Exchange | None = None
    earlier: tuple[Exchange, ...] = ()
    unanswered: Request | None = None
    span: Span | None = None
    captured: tuple[str, ...] = ()
    attempts: int = 0
    polls: int = 0
    pages: int = 0
    notes: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    started: float = 0.0

    @property
    def exit_code(self) -> ExitCode:
        """The exit code that this request alone asks for."""
        if self.fault is not None:
            return self.fault.exit_code
        return ExitCode.FAILED if self.outcome is Outcome.FAILED else ExitCode.PASSED


class CollectionResult(NamedTuple):
    """All requests of one collection, in order; `elapsed` in seconds."""

    name: str
    path: str
    steps: tuple[StepResult, ...] = ()
    elapsed: float = 0.0


_ORDER = (ExitCode.INTERRUPTED, ExitCode.AUTH, ExitCode.TRANSPORT, ExitCode.FAILED, ExitCode.PASSED)


@dataclass(frozen=True, slots=True)
class RunResult:
    """The whole run."""

    collections: tuple[CollectionResult, ...] = ()
    tokens: tuple[TokenResult, ...] = ()
    elapsed: float = 0.0
    interrupted: bool = False

    @property
    def steps(self) -> tuple[StepResult, ...]:
        return tuple(step for collection in self.collections for step in collection.steps)

    @property
    def exit_code(self) -> ExitCode:
        """130, then 5, 4, 1: the gravest of all requests."""
        codes = {step.exit_code for step in self.steps}
        if self.interrupted:
            codes.add(ExitCode.INTERRUPTED)
        return next((code for code in _ORDER if code in codes), ExitCode.PASSED)

    @property
    def passed(self) -> bool:
        return self.exit_code is ExitCode.PASSED

    def count(self, outcome: Outcome) -> int:
        """How many requests ended so."""
        return sum(step.outcome is outcome for step in self.steps)
