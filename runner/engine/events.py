"""What happens during a run, as frozen events, and the Protocol of those who listen.

Events come in the order of the files, whatever runs side by side, already redacted, from one thread.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from runner.engine.results import CollectionResult, RunResult, StepResult, TokenResult


@dataclass(frozen=True, slots=True)
class RunStarted:
    """The run begins; `requests` counts those that were selected."""

    collections: int
    requests: int


@dataclass(frozen=True, slots=True)
class CollectionStarted:
    """A collection begins; `names` are those of its requests, in order."""

    name: str
    path: str
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class StepStarted:
    """A request is about to be sent. Only for progress: it is not told of requests that run in the background."""

    collection: str
    name: str


@dataclass(frozen=True, slots=True)
class TokenFinished:
    """A token was fetched, or could not be; told once, before the first request that uses it."""

    result: TokenResult


@dataclass(frozen=True, slots=True)
class StepFinished:
    """A request is judged."""

    result: StepResult


@dataclass(frozen=True, slots=True)
class CollectionFinished:
    """A collection is done."""

    result: CollectionResult


@dataclass(frozen=True, slots=True)
class RunFinished:
    """The run is done, or was interrupted."""

    result: RunResult


Event = RunStarted | CollectionStarted | StepStarted | TokenFinished | StepFinished | CollectionFinished | RunFinished


class Listener(Protocol):
    """One who is told of events. `wants_exchanges`: also of requests and responses that passed."""

    @property
    def wants_exchanges(self) -> bool: ...

    def __call__(self, event: Event, /) -> None: ...
