"""Events by hand, and what a reporter writes of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from io import StringIO
from typing import Any

import pytest

from runner.diagnostics import Source, Span
from runner.engine.events import CollectionFinished, CollectionStarted, RunFinished, RunStarted, StepFinished
from runner.engine.exchange import Exchange, Request, Response
from runner.engine.results import CollectionResult, Fault, Outcome, RunResult, StepResult, Verdict
from runner.reporters.registry import factory

SOURCE = Source("requests/a.yaml", "name: A\nrequests:\n  - {name: R, url: /x, assert: [body.id: 7]}\n")
SPAN = Span(SOURCE, SOURCE.text.index("R,"), SOURCE.text.index("R,") + 1)
AT = 1_700_000_000.25


def exchange_of(
    body: bytes = b"{}",
    kind: str = "application/json",
    status: int = 200,
    *,
    sent: bytes | None = None,
    request: Request | None = None,
) -> Exchange:
    """An exchange that got this body."""
    asked = request or Request("POST" if sent else "GET", "http://api.test/x?a=1", (("Accept", "*/*"),), sent)
    return Exchange(asked, Response(status, "OK", (("Content-Type", kind),), body, asked.url), 0.25, AT)


def failed(name: str = "R", exchange: Exchange | None = None, **verdict: Any) -> StepResult:
    """A request whose assertion failed."""
    found = exchange or exchange_of()
    fields = {"text": "body.id", "span": SPAN, "problem": "is not equal", "actual": (1,), "expected": (7,)} | verdict
    verdicts = (Verdict(False, **fields),)
    return StepResult(
        "A", name, Outcome.FAILED, "GET", found.request.url, "/x", 200, 0.25, verdicts, None, "", found, span=SPAN
    )


def passed(name: str = "R", exchange: Exchange | None = None) -> StepResult:
    """A request that passed."""
    found = exchange or exchange_of()
    return StepResult("A", name, Outcome.PASSED, "GET", found.request.url, "/x", 200, 0.25, exchange=found, span=SPAN)


def errored(name: str = "R", message: str = "connection refused", unanswered: Request | None = None) -> StepResult:
    """A request that got no answer."""
    fault = Fault("connect", message, ("a detail",), "a hint")
    return StepResult(
        "A", name, Outcome.ERRORED, "GET", "http://api.test/x", "/x", fault=fault, unanswered=unanswered, span=SPAN
    )


def skipped(name: str = "R", reason: str = "not today") -> StepResult:
    """A request that was not sent."""
    return StepResult("A", name, Outcome.SKIPPED, reason=reason, span=SPAN)


def events_of(steps: Sequence[StepResult], collection: str = "A", interrupted: bool = False) -> list[Any]:
    """The events of a run of one collection."""
    result = CollectionResult(collection, "requests/a.yaml", tuple(steps), 0.5)
    return [
        RunStarted(1, len(steps), AT),
        CollectionStarted(collection, "requests/a.yaml", tuple(step.name for step in steps)),
        *map(StepFinished, steps),
        CollectionFinished(result),
        RunFinished(RunResult((result,), (), 0.5, interrupted)),
    ]


@pytest.fixture(scope="session")
def made() -> Any:
    """The builders of this file, by name: `made.failed(…)`."""
    import types

    names = (exchange_of, failed, passed, errored, skipped, events_of)
    return types.SimpleNamespace(**{it.__name__: it for it in names}, span=SPAN, at=AT)


@pytest.fixture(scope="session")
def report() -> Callable[..., str]:
    """`report("junit", steps)`: what a reporter writes of these requests."""

    def write(name: str, steps: Sequence[StepResult] = (), events: Sequence[Any] | None = None, **more: Any) -> str:
        stream = StringIO()
        reporter = factory(name)(stream)
        for event in events_of(steps, **more) if events is None else events:
            reporter(event)
        return stream.getvalue()

    return write
