"""`json`: the whole run as one JSON document, described by schema/report.json. Written piece by piece as it comes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TextIO

from runner.engine.events import (
    CollectionFinished,
    CollectionStarted,
    Event,
    RunFinished,
    RunStarted,
    StepFinished,
    TokenFinished,
)
from runner.reporters import records
from runner.reporters.records import dumps
from runner.version import __version__


@dataclass(slots=True, eq=False)
class Reporter:
    """A listener that writes one document; a line for each request, so that two reports can be compared."""

    stream: TextIO
    wants_exchanges: bool = False
    _collections: int = 0
    _requests: int = 0
    _tokens: list[str] = field(default_factory=list)

    def __call__(self, event: Event) -> None:
        match event:
            case StepFinished():
                self._write(f"{',' if self._requests else ''}\n    {dumps(records.request_record(event.result))}")
                self._requests += 1
            case TokenFinished():
                self._tokens.append(dumps(records.token_record(event.result)))
            case RunStarted():
                head = {"version": records.VERSION, "runner": __version__, "started": records.moment(event.at)}
                self._write(f'{{{dumps(head)[1:-1]},\n"collections": [')
            case CollectionStarted():
                self._started(event)
            case CollectionFinished():
                self._finished(event)
            case RunFinished():
                tokens = ",".join(f"\n  {token}" for token in self._tokens)
                self._write(f'\n],\n"tokens": [{tokens}\n],\n{dumps(records.run_record(event.result))[1:-1]}}}\n')

    def _write(self, text: str) -> None:
        self.stream.write(text)

    def _started(self, event: CollectionStarted) -> None:
        head = dumps({"name": event.name, "path": event.path})[1:-1]
        self._write(f'{"," if self._collections else ""}\n  {{{head}, "requests": [')
        self._collections += 1
        self._requests = 0

    def _finished(self, event: CollectionFinished) -> None:
        result = event.result
        tail = {"elapsed_ms": records.milliseconds(result.elapsed), "counts": records.counts(result.steps)}
        self._write(f"\n  ], {dumps(tail)[1:-1]}}}")
