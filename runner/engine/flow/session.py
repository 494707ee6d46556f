"""What a run gives to its flows, the wishes that only flows have, and what one run of a collection has come to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from runner.engine.build import Flags
from runner.engine.exchange import Grant, Send, Token, Wait
from runner.engine.plan import Plan
from runner.engine.results import TokenResult
from runner.engine.scope import EnvironmentVariables, Files, Layer, NoFiles, Shared, Values
from runner.redaction import Redactor


class Authorize(NamedTuple):
    """The wish for a token. `stale` is the number of one that the API refused: a newer one is wanted."""

    grant: Grant
    stale: int | None = None


class Authorized(NamedTuple):
    """The answer to Authorize: without a token the fetch failed. `fresh` if it was fetched for this very wish."""

    result: TokenResult
    token: Token | None
    fresh: bool = False


#: Why a request was not sent after another one failed.
FAIL_FAST = "not run: an earlier request failed (--fail-fast)"

Effect = Send | Wait | Authorize


@dataclass(slots=True, eq=False)
class Session:
    """What a run gives to each collection. `clock` in seconds; `stopped` says why nothing more is to be sent."""

    env: EnvironmentVariables
    redactor: Redactor
    flags: Flags = Flags()
    fail_fast: bool = False
    clock: Callable[[], float] = lambda: 0.0
    stopped: str = ""
    files: Files = field(default_factory=NoFiles)


@dataclass(slots=True, eq=False)
class State:
    """What one run of a collection has come to."""

    plan: Plan
    session: Session
    shared: Shared
    outer: tuple[Layer, ...]
    captures: Values
    untaken: dict[str, str] = field(default_factory=dict)
    groups: dict[tuple[int, ...], tuple[Layer, ...]] = field(default_factory=dict)
    stopped: str = ""
