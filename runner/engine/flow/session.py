"""What a run gives to its flows, the wishes that only flows have, and what one run of a collection has come to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from runner.engine.build import Flags
from runner.engine.exchange import Send, Wait
from runner.engine.overlap import Together
from runner.engine.plan import TEARDOWN, Iteration, Plan, Step
from runner.engine.scope import EnvironmentVariables, Files, Layer, NoFiles, Row, Shared, Values
from runner.engine.sending import Authorize
from runner.language.values import Value
from runner.redaction import Redactor

#: Why a request was not sent after another one failed, or after Ctrl-C.
FAIL_FAST = "not run: an earlier request failed (--fail-fast)"
INTERRUPTED = "not run: interrupted"

Effect = Send | Wait | Authorize | Together


@dataclass(slots=True, eq=False)
class Session:
    """What a run gives to each collection. `clock` is in seconds from anywhere, `wall` in seconds since 1970, `chance`
    is from 0 up to 1.

    With `overlap` neighbouring safe requests are sent together; with `keep_exchanges` somebody wants to see those of
    polls and pages before the last one. `stopped` says why nothing more is to be sent but teardown; `ended`, why not
    even that is. `keep` takes a new snapshot (file, key, value) instead of comparing it.
    """

    env: EnvironmentVariables
    redactor: Redactor
    flags: Flags = Flags()
    fail_fast: bool = False
    clock: Callable[[], float] = lambda: 0.0
    wall: Callable[[], float] = lambda: 0.0
    chance: Callable[[], float] = lambda: 0.0
    overlap: bool = False
    keep_exchanges: bool = True
    stopped: str = ""
    ended: str = ""
    files: Files = field(default_factory=NoFiles)
    keep: Callable[[str, str, Value], None] | None = None


@dataclass(slots=True, eq=False)
class State:
    """What one run of a collection has come to.

    Layers of variables: `given` is --var, `run` what this run of the collection gives, `around` the file's own.
    Captures: `untaken` ones with the reason; `partial` ones, lists which lack rows, with the reason; `fresh` ones were
    taken, and `passed` ones left by a skip, in the row of a loop that is under way. `stopped` says why only teardown is
    still sent; `idle`, why there is nothing to tear down. `hidden`: all secrets were made known, for a snapshot.
    """

    plan: Plan
    session: Session
    shared: Shared
    iteration: Iteration
    given: Values
    run: Values
    captures: Values
    around: tuple[Layer, ...]
    untaken: dict[str, str] = field(default_factory=dict)
    partial: dict[str, str] = field(default_factory=dict)
    fresh: set[str] = field(default_factory=set)
    passed: set[str] = field(default_factory=set)
    groups: dict[tuple[int, ...], tuple[tuple[Row, ...], tuple[Layer, ...]]] = field(default_factory=dict)
    stopped: str = ""
    idle: str = ""
    hidden: bool = False

    @property
    def title(self) -> str:
        """The name of this run of the collection."""
        return self.iteration.title(self.plan.collection.name)

    @property
    def overlap(self) -> bool:
        """Whether neighbouring safe requests are sent together."""
        return self.session.overlap or self.plan.collection.overlap

    def held(self, step: Step) -> str:
        """Why a step is not run, whatever it is; empty where it may be."""
        if step.part == TEARDOWN:
            return self.idle or self.session.ended
        return self.stopped or self.session.stopped
