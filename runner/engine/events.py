"""What happens during a run, as frozen events, and the Protocol of those who listen.

Events come in the order of the files, whatever runs side by side, already redacted, from one thread.
"""

from __future__ import annotations

from typing import NamedTuple, Protocol

from runner.engine.results import CollectionResult, RunResult, StepResult, TokenResult


class RunStarted(NamedTuple):
    """The run begins; `requests` counts those that were selected; `at` is in seconds since 1970."""

    collections: int
    requests: int
    at: float = 0.0


class CollectionStarted(NamedTuple):
    """A collection begins; `names` are those of its requests, in order; one that is repeated has the widest of its
    rows' names."""

    name: str
    path: str
    names: tuple[str, ...]


class StepStarted(NamedTuple):
    """A request is about to be sent. Only for progress: it is not told of requests that run in the background.

    `must_end`: it is one of teardown, which Ctrl-C does not cut short.
    """

    collection: str
    name: str
    must_end: bool = False


class TokenFinished(NamedTuple):
    """A token was fetched, or could not be; told once, before the first request that uses it."""

    result: TokenResult


class StepFinished(NamedTuple):
    """A request is judged."""

    result: StepResult


class CollectionFinished(NamedTuple):
    """A collection is done."""

    result: CollectionResult


class RunFinished(NamedTuple):
    """The run is done, or was interrupted."""

    result: RunResult


Event = RunStarted | CollectionStarted | StepStarted | TokenFinished | StepFinished | CollectionFinished | RunFinished


class Listener(Protocol):
    """One who is told of events. `wants_exchanges`: also of requests and responses that passed."""

    @property
    def wants_exchanges(self) -> bool: ...

    def __call__(self, event: Event, /) -> None: ...
