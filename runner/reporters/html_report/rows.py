"""What the page needs at once: a short row for each request and token, and how the run went.

A row is a list, for ten thousand of them are read before the page is of use; `page/data.js` names its columns.
"""

from __future__ import annotations

from collections.abc import Iterable

from runner.engine.exchange import Exchange
from runner.engine.results import CollectionResult, Outcome, RunResult, StepResult, TokenResult
from runner.reporters import records, words
from runner.reporters.records import Record, milliseconds
from runner.version import __version__

_BAD = (Outcome.FAILED, Outcome.ERRORED)


def step(result: StepResult, anchor: str, collection: int, began: float) -> list[object]:
    """The row of a request; `collection` is its number, `began` when the run did."""
    why = words.failure_line(result) if result.outcome in _BAD else result.reason
    exchanges = (*result.earlier, *((result.exchange,) if result.exchange else ()))
    return [
        result.outcome.value,
        "request",
        collection,
        anchor,
        result.name,
        result.method,
        result.path or result.url,
        result.status,
        result.tags,
        why,
        milliseconds(result.elapsed),
        [*_bars(exchanges, began), *_unanswered(result, began)],
    ]


def token(result: TokenResult, anchor: str, collection: int, began: float) -> list[object]:
    """The row of a token step."""
    return [
        result.outcome.value,
        "token",
        collection,
        anchor,
        result.name,
        result.method,
        result.url,
        result.status,
        (),
        result.fault.message if result.fault else "",
        milliseconds(result.elapsed),
        _bars(result.exchanges, began),
    ]


def _bars(exchanges: Iterable[Exchange], began: float) -> list[float]:
    """When each exchange started and how long it took, in turn; nothing of one whose start is not known."""
    bars: list[float] = []
    for exchange in exchanges:
        if exchange.started:
            bars += [milliseconds(exchange.started - began), milliseconds(exchange.elapsed)]
    return bars


def _unanswered(result: StepResult, began: float) -> list[float]:
    """The bar of a request that got no answer: from the last answer on that it got before, if any."""
    if result.unanswered is None or not result.started:
        return []
    end = result.started + result.elapsed
    start = max([result.started, *(it.started + it.elapsed for it in result.earlier[-1:])])
    return [milliseconds(start - began), milliseconds(end - start)]


def collection(result: CollectionResult) -> Record:
    """How a collection went."""
    return {"elapsed_ms": milliseconds(result.elapsed), "counts": records.counts(result.steps)}


def run(result: RunResult, collections: list[Record], began: float) -> Record:
    """How the run went."""
    return {
        "runner": __version__,
        "started": records.moment(began),
        **records.run_record(result),
        "tokens": sum(not token.cached for token in result.tokens),
        "collections": collections,
    }
