"""The reports of a run: what `--report` asks for, opened before anything is sent, kept apart from one another.

A report that fails is told of when the run is over; the run and the other reports go on. Only where nobody reads what
the console writes, and nothing else is written, the run ends.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, TextIO

from runner.diagnostics import escape
from runner.engine.events import Event, Listener, RunFinished, StepFinished
from runner.errors import ExitCode, RunnerError, UsageError
from runner.reporters import outputs, registry
from runner.reporters.outputs import Output

#: What is written whole may be told late: a burst of events finds the code and the data of its report in the caches of
#: the processor, which halves its cost. Bodies are held as long, so many bytes of them at most.
_BURST = 32
_BURST_BYTES = 500_000


class Wish(NamedTuple):
    """A report that was asked for; without a path it goes to standard output."""

    format: str
    path: str = ""

    @property
    def text(self) -> str:
        return f"{self.format}={self.path}" if self.path else self.format


def parse_wishes(texts: Iterable[str]) -> list[Wish]:
    """`FORMAT` or `FORMAT=PATH`; one that says no more than what happens anyway is left out.

    Raises:
        UsageError: one has no format or an empty path, or two go to one place.
    """
    wishes: list[Wish] = []
    places: dict[str, Wish] = {}
    for text in texts:
        name, equals, path = text.partition("=")
        wish = Wish(name, path)
        if not name:
            raise UsageError(f"--report wants FORMAT or FORMAT=PATH, not '{text}'")
        if equals and not path.strip():  # as of an empty variable: --report json=$REPORT
            raise UsageError(f"--report {text} names no file: give a path, or '--report {name}' for standard output")
        if wish.format == registry.CONSOLE and outputs.is_standard_output(wish.path):
            continue
        other = places.setdefault(outputs.identity(wish.path), wish)
        if other is not wish:
            where = "standard output" if outputs.is_standard_output(wish.path) else wish.path
            raise UsageError(f"--report {other.text} and --report {wish.text} both go to {where}: give one a path")
        wishes.append(wish)
    return wishes


class _Ready(NamedTuple):
    """A report whose format is known; `as_it_comes`: its output is of use before the run is over."""

    wish: Wish
    make: registry.Factory
    as_it_comes: bool


def _ready(wish: Wish, console: registry.Factory) -> _Ready:
    if wish.format == registry.CONSOLE:
        return _Ready(wish, console, True)
    make = registry.factory(wish.format)
    return _Ready(wish, make, registry.as_it_comes(make, not outputs.is_standard_output(wish.path)))


@dataclass(slots=True, eq=False)
class Guarded:
    """A listener whose faults are its own. `output` is None for the console, which writes to a stream that stays.

    `in_bursts`: it is told of some events at a time.
    """

    name: str
    listener: Listener
    output: Output | None
    reports: Reports
    on_standard_output: bool = True
    in_bursts: bool = False
    fault: str = ""
    code: ExitCode = ExitCode.USAGE
    _waiting: list[Event] = field(default_factory=list)
    _held: int = 0

    @property
    def wants_exchanges(self) -> bool:
        return self.listener.wants_exchanges

    def __call__(self, event: Event) -> None:
        if self.fault:
            return
        self._waiting.append(event)
        self._held += _bodies(event)
        is_last = isinstance(event, RunFinished)
        if is_last or not self.in_bursts or len(self._waiting) >= _BURST or self._held > _BURST_BYTES:
            self._tell(is_last)

    def _tell(self, is_last: bool) -> None:
        waiting, self._waiting, self._held = self._waiting, [], 0
        try:
            for event in waiting:
                self.listener(event)
            if is_last and self.output is not None:
                self.output.commit()
        except OSError as error:
            self._end(f"cannot write it: {error.strerror or error}")
            if self.output is None or (self.on_standard_output and isinstance(error, BrokenPipeError)):
                self.reports.lost(self, error)
        except RunnerError as error:
            self._end(str(error))
        except Exception as error:  # noqa: BLE001 - a reporter, maybe somebody else's, must not end the run
            self._end(f"it failed: {type(error).__name__}: {error}")
            if os.environ.get("RUNNER_TRACEBACK"):
                import traceback

                traceback.print_exception(error)

    def _end(self, fault: str) -> None:
        self.fault = fault
        if self.output is not None:
            self.output.discard()


def _bodies(event: Event) -> int:
    """Bytes of the response bodies that an event holds."""
    if not isinstance(event, StepFinished) or event.result.exchange is None:
        return 0
    return sum(len(exchange.response.content) for exchange in (*event.result.earlier, event.result.exchange))


@dataclass(slots=True, eq=False)
class Reports:
    """The listeners of one run, and what became of them."""

    listeners: list[Guarded] = field(default_factory=list)

    def open(self, wishes: Sequence[Wish], sources: Iterable[str], console: registry.Factory) -> None:
        """Opens every report. `sources` are the files of the run, which no report may overwrite.

        `console` makes one that writes into a file.

        Raises:
            UsageError: a format is not known, or a path cannot be written to.
        """
        kept = {os.path.realpath(source) for source in sources}
        try:
            for wish in wishes:
                if outputs.identity(wish.path) in kept:
                    raise UsageError(f"--report {wish.text}: this is a file of the run, and would be overwritten")
            ready = [_ready(wish, console) for wish in wishes]
            for one in sorted(ready, key=lambda one: one.as_it_comes):  # these empty their files at once
                self._open(*one)
        except BaseException:
            self.close()
            raise

    def _open(self, wish: Wish, make: registry.Factory, as_it_comes: bool) -> None:
        output = outputs.open_output(wish.path, as_it_comes)
        try:
            listener = make(output.stream)
            on_standard_output = outputs.is_standard_output(wish.path)
            guarded = Guarded(wish.text, listener, output, self, on_standard_output, in_bursts=not as_it_comes)
            _ = guarded.wants_exchanges
        except RunnerError:
            output.discard()
            raise
        except Exception as error:
            output.discard()
            raise UsageError(f"--report {wish.text}: it failed: {type(error).__name__}: {error}") from error
        self.listeners.append(guarded)

    @property
    def take_standard_output(self) -> bool:
        """Whether one of them goes to standard output, so that the console has to make way."""
        return any(listener.on_standard_output for listener in self.listeners)

    def add(self, name: str, listener: Listener) -> None:
        """Adds a listener that needs no output of its own: the console."""
        self.listeners.append(Guarded(name, listener, None, self))

    def lost(self, one: Guarded, error: OSError) -> None:
        """Nobody reads this any more, or the console has no place to write to: raises the error if nothing is left."""
        if not any(other.output is not None and not other.fault for other in self.listeners):
            raise error
        if isinstance(error, BrokenPipeError):
            one.code = ExitCode.PASSED  # who closed it wanted no more
        silence(sys.stdout)

    def close(self) -> None:
        """Whatever was not finished leaves nothing behind."""
        for listener in self.listeners:
            if listener.output is not None:
                listener.output.discard()

    def told(self, code: int) -> int:
        """Says on standard error which reports failed; the exit code of it all."""
        for listener in self.listeners:
            if listener.fault and listener.code:
                print(f"error: report {listener.name}: {escape(listener.fault)}", file=sys.stderr)
        return code or max((int(it.code) for it in self.listeners if it.fault), default=0)


def silence(stream: TextIO) -> None:
    """Lets a stream that nobody reads lead nowhere, or Python complains when it flushes it at the end."""
    try:
        stream.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
