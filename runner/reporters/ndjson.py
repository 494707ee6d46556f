"""`ndjson`: each event as it happens, a JSON object a line. A line is written whole, and at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, TextIO

from runner.engine.events import (
    CollectionFinished,
    CollectionStarted,
    Event,
    RunFinished,
    RunStarted,
    StepFinished,
    StepStarted,
    TokenFinished,
)
from runner.reporters import records
from runner.reporters.records import Record


def _run_started(event: RunStarted) -> Record:
    return {"at": records.moment(event.at), "collections": event.collections, "requests": event.requests}


def _collection_started(event: CollectionStarted) -> Record:
    return {"name": event.name, "path": event.path, "requests": len(event.names)}


def _collection_finished(event: CollectionFinished) -> Record:
    result = event.result
    return {
        "name": result.name,
        "path": result.path,
        "elapsed_ms": records.milliseconds(result.elapsed),
        "counts": records.counts(result.steps),
    }


def _request_finished(event: StepFinished) -> Record:
    return {"collection": event.result.collection, **records.request_record(event.result)}


#: Event → its name and the rest of its line.
_EVENTS: Mapping[type[Any], tuple[str, Callable[[Any], Record]]] = {
    RunStarted: ("run_started", _run_started),
    CollectionStarted: ("collection_started", _collection_started),
    StepStarted: ("request_started", lambda event: {"collection": event.collection, "name": event.name}),
    TokenFinished: ("token_finished", lambda event: records.token_record(event.result)),
    StepFinished: ("request_finished", _request_finished),
    CollectionFinished: ("collection_finished", _collection_finished),
    RunFinished: ("run_finished", lambda event: records.run_record(event.result)),
}


@dataclass(slots=True, eq=False)
class Reporter:
    """A listener that writes a line for each event."""

    streams: ClassVar[bool] = True
    followed: ClassVar[bool] = True
    stream: TextIO
    wants_exchanges: bool = False

    def __call__(self, event: Event) -> None:
        known = _EVENTS.get(type(event))
        if known is not None:  # a later version may tell more
            name, record = known
            self.stream.write(records.dumps({"event": name, **record(event)}) + "\n")
            self.stream.flush()
