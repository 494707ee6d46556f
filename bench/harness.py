"""Whole processes, measured in turn: A B A B …, so that what disturbs the machine disturbs both.

Only the standard library is imported here: Linux hands a parent's peak memory down to its children's figure.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median


@dataclass(frozen=True, slots=True)
class Command:
    """What to run, under the name that the table shows; `expect` is the exit code of a good run."""

    name: str
    words: Sequence[str]
    folder: Path | None = None
    expect: int = 0


@dataclass(frozen=True, slots=True)
class Figures:
    """One run of one process and its children: seconds of wall and CPU time, peak resident MB."""

    wall: float
    cpu: float
    rss: float


class Failed(Exception):
    """A measured command did not do its work."""


def environment() -> dict[str, str]:
    """Plain output, no proxies: the same for all that is measured."""
    # Installed packages have their bytecode; a checkout gets it with the first run, unless that is forbidden.
    left_out = ("_proxy", "pythondontwritebytecode")
    kept = {name: value for name, value in os.environ.items() if not name.lower().endswith(left_out)}
    return kept | {"NO_COLOR": "1", "PYTHONUTF8": "1"}


def once(command: Command) -> Figures:
    """Runs a command to its end and tells what it took.

    Raises:
        Failed: its exit code is not the expected one.
    """
    with tempfile.TemporaryFile() as output:
        began = time.perf_counter()
        process = subprocess.Popen(
            command.words,
            cwd=command.folder,
            env=environment(),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        _, status, used = os.wait4(process.pid, 0)
        wall = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != command.expect:
            output.seek(0)
            said = output.read().decode("utf-8", "replace").strip().splitlines()[-6:]
            raise Failed(f"{command.name}: exit code {process.returncode}\n" + "\n".join(said))
    return Figures(wall, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)


@dataclass(slots=True)
class Pair:
    """The runs of two commands, one of each a round."""

    ours: list[Figures] = field(default_factory=list)
    theirs: list[Figures] = field(default_factory=list)

    def medians(self, what: str) -> tuple[float, float]:
        """The median of a figure, ours and theirs."""
        return median(getattr(f, what) for f in self.ours), median(getattr(f, what) for f in self.theirs)

    def ratios(self, what: str) -> list[float]:
        """Ours by theirs, round by round."""
        return [getattr(a, what) / getattr(b, what) for a, b in zip(self.ours, self.theirs, strict=True)]


def paired(ours: Command, theirs: Command, rounds: int, warm_up: int = 1) -> Pair:
    """Runs both in turn; the first `warm_up` rounds fill caches and are not counted."""
    pair = Pair()
    for number in range(warm_up + rounds):
        a, b = once(ours), once(theirs)
        if number >= warm_up:
            pair.ours.append(a)
            pair.theirs.append(b)
    return pair
